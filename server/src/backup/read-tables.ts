import type { TableShape, Value } from '../platform/db/tables/table-shape.ts';
import type { TableSnapshot } from '../platform/db/tables/table-snapshot.ts';
import { encodeRow } from './cells.ts';
import type { Progress } from './report.ts';
import { type Digest, startDigest } from './set-digest.ts';

/** Something that has tables: a database, or a backup. */
export interface TableSource {
  readonly tables: readonly TableShape[];
  rows(table: TableShape): AsyncIterable<readonly (readonly Value[])[]>;
}

/** Reads a table to its end; `each` gets the rows on their way. */
export async function digestTable(
  source: TableSource,
  table: TableShape,
  each: (rows: readonly (readonly Value[])[], lines: readonly string[]) => void | Promise<void> = () => {},
): Promise<Digest> {
  const digest = startDigest();
  for await (const rows of source.rows(table)) {
    const lines = rows.map(encodeRow);
    for (const line of lines) digest.add(line);
    await each(rows, lines);
  }
  return digest.end();
}

export async function digestTables(source: TableSource, progress: Progress): Promise<Map<string, Digest>> {
  const digests = new Map<string, Digest>();
  for (const table of source.tables) {
    digests.set(table.name, await digestTable(source, table, (rows) => progress('rows compared', rows.length)));
  }
  return digests;
}

const MIGRATIONS = 'bucle_migrations';

/** The steps of the schema that the records have; empty when they are not Bucle's. */
export async function readMigrations(source: Pick<TableSnapshot, 'tables' | 'rows'>): Promise<string[]> {
  const table = source.tables.find(({ name }) => name === MIGRATIONS);
  if (table === undefined) return [];
  const at = table.columns.findIndex(({ name }) => name === 'name');
  const names: string[] = [];
  for await (const rows of source.rows(table)) names.push(...rows.map((row) => String(row[at])));
  return names.sort();
}
