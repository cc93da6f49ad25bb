import type { Sandbox } from './sandbox.ts';
import { readSql, type TableFile, tableEnding } from './table-file.ts';

export interface TableGroup {
  readonly name: string;
  readonly files: readonly TableFile[];
}

/** Files of one format with the same column names are one table, as months of the same log are. */
export async function groupTables(
  { query }: Pick<Sandbox, 'query'>,
  files: readonly TableFile[],
): Promise<{ groups: TableGroup[]; unreadable: { file: string; reason: string }[] }> {
  const byColumns = new Map<string, TableFile[]>();
  const unreadable: { file: string; reason: string }[] = [];
  for (const file of files) {
    try {
      const columns = await query(`describe select * from ${readSql([file], { sample: true })}`);
      const key = JSON.stringify([file.format, ...columns.map((column) => column['column_name'])]);
      byColumns.set(key, [...(byColumns.get(key) ?? []), file]);
    } catch (error) {
      unreadable.push({ file: file.name, reason: readingProblem(error, [file]) });
    }
  }
  const groups = [...byColumns.values()].map((group) => ({ name: groupName(group), files: group }));
  return { groups, unreadable };
}

/** One file lends its name; several are called by their common folder and ending. */
export function groupName(files: readonly TableFile[]): string {
  const names = files.map(({ name }) => name);
  const [first = ''] = names;
  if (names.length === 1) return first;
  const folders = names.map((name) => name.split('/').slice(0, -1));
  const longest = folders[0] ?? [];
  const differs = longest.findIndex((part, i) => folders.some((folder) => folder[i] !== part));
  const common = differs < 0 ? longest : longest.slice(0, differs);
  const endings = new Set(names.map((name) => tableEnding(name)));
  return [...common, `*${endings.size === 1 ? [...endings][0] : ''}`].join('/');
}

/** Why files could not be read, without their place on this machine. Interrupts and lack of memory are thrown on. */
export function readingProblem(error: unknown, files: readonly TableFile[]): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/^(INTERRUPT|Out of Memory)/i.test(message)) throw error;
  const named = files.reduce((text, { path, name }) => text.replaceAll(path, name), message);
  return named.split('\n').slice(0, 2).join(' ').trim().slice(0, 500);
}
