import { parentPort, workerData } from 'node:worker_threads';
import { groupTables, readingProblem, type TableGroup } from './group-tables.ts';
import { profileColumns } from './profile-columns.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts';
import { quote, readSql } from './table-file.ts';
import type { TableProfile, TableProfiles } from './table-profile.ts';

/** Worker thread: profiles the tables of `workerData`, answers once. A message interrupts it. */
export type ThreadAnswer = { readonly profiles: TableProfiles } | { readonly failure: string };

const options = workerData as SandboxOptions;

async function profileAll(sandbox: Sandbox): Promise<TableProfiles> {
  const { groups, unreadable } = await groupTables(sandbox, options.files);
  const tables: TableProfile[] = [];
  for (const group of groups) {
    try {
      tables.push(await profileGroup(sandbox, group));
    } catch (error) {
      unreadable.push({ file: group.name, reason: readingProblem(error, group.files) });
    }
  }
  return { tables, unreadable };
}

async function profileGroup(sandbox: Sandbox, { name, files }: TableGroup): Promise<TableProfile> {
  const format = files[0]?.format ?? 'csv';
  const source = format === 'parquet' ? readSql(files) : await toParquet(sandbox, readSql(files));
  await sandbox.run(`create or replace temp view t as select * from ${source}`);
  const { rows, columns } = await profileColumns(sandbox, 't');
  return { name, format, files: files.map((file) => file.name), rows, columns };
}

/** Text is parsed once; every later query reads one column of the copy. */
async function toParquet({ run }: Sandbox, source: string): Promise<string> {
  const copy = quote(`${options.scratch}/table.parquet`);
  await run(`copy (select * from ${source}) to ${copy} (format parquet, compression zstd)`);
  return `read_parquet(${copy})`;
}

async function main(): Promise<ThreadAnswer> {
  try {
    using sandbox = await openSandbox(options);
    parentPort?.on('message', () => sandbox.interrupt());
    return { profiles: await profileAll(sandbox) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

const answer = await main();
parentPort?.postMessage(answer);
parentPort?.close();
