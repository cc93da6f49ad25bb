import { groupTables, readingProblem, type TableGroup } from './group-tables.ts';
import { profileColumns } from './profile-columns.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import { quote, readSql } from './table-file.ts';
import type { TableProfile, TableProfiles } from './table-profile.ts';

type Given = Pick<SandboxOptions, 'files' | 'scratch'>;

/** In the thread: files with the same columns are one table. */
export async function profileGroups(sandbox: Sandbox, { files, scratch }: Given): Promise<TableProfiles> {
  const { groups, unreadable } = await groupTables(sandbox, files);
  const tables: TableProfile[] = [];
  for (const group of groups) {
    try {
      tables.push(await profileGroup(sandbox, group, scratch));
    } catch (error) {
      unreadable.push({ file: group.name, reason: readingProblem(error, group.files) });
    }
  }
  return { tables, unreadable };
}

async function profileGroup(sandbox: Sandbox, { name, files }: TableGroup, scratch: string): Promise<TableProfile> {
  const format = files[0]?.format ?? 'csv';
  const source = format === 'parquet' ? readSql(files) : await toParquet(sandbox, readSql(files), scratch);
  await sandbox.run(`create or replace temp view t as select * from ${source}`);
  const { rows, columns } = await profileColumns(sandbox, 't');
  return { name, format, files: files.map((file) => file.name), rows, columns };
}

/** Text is parsed once; every later query reads one column of the copy. */
async function toParquet({ run }: Sandbox, source: string, scratch: string): Promise<string> {
  const copy = quote(`${scratch}/table.parquet`);
  await run(`copy (select * from ${source}) to ${copy} (format parquet, compression zstd)`);
  return `read_parquet(${copy})`;
}
