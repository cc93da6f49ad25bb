import type { SourceDatabase, SourceRow } from '../../platform/db/source-database.ts';

/** Reads tables of MLflow's schema, of whatever age: a table or column that is not there yet is empty. */
export interface SqlTables {
  has(table: string): boolean;
  /** Rows of a table, these columns; `where` and `order` only name columns that every age has. */
  select(
    table: string,
    columns: readonly string[],
    rest?: string,
    parameters?: readonly (string | number)[],
  ): Promise<SourceRow[]>;
  /** The same for many ids, by the column that holds them. */
  selectOf(
    table: string,
    columns: readonly string[],
    owner: string,
    ids: readonly string[],
  ): Promise<Map<string, SourceRow[]>>;
  count(table: string, rest?: string, parameters?: readonly (string | number)[]): Promise<number>;
  /** `and workspace = 'default'`, where the schema has workspaces. */
  inWorkspace(table: string): string;
}

const IDS_AT_ONCE = 200;

export async function readTables(db: SourceDatabase): Promise<SqlTables> {
  const tables = await db.columns();
  const has = (table: string) => tables.has(table);
  const list = (table: string, columns: readonly string[]) =>
    columns.map((name) => (tables.get(table)?.has(name) ? `"${name}"` : `null as "${name}"`)).join(', ');
  return {
    has,
    async select(table, columns, rest = '', parameters = []) {
      if (!has(table)) return [];
      return db.rows(`select ${list(table, columns)} from ${table} ${rest}`, parameters);
    },
    async selectOf(table, columns, owner, ids) {
      const rows: SourceRow[] = [];
      for (let from = 0; has(table) && from < ids.length; from += IDS_AT_ONCE) {
        const some = ids.slice(from, from + IDS_AT_ONCE);
        const marks = some.map(() => '?').join(', ');
        rows.push(
          ...(await db.rows(
            `select ${list(table, [owner, ...columns])} from ${table} where "${owner}" in (${marks})`,
            some,
          )),
        );
      }
      return Map.groupBy(rows, (row) => String(row[owner]));
    },
    async count(table, rest = '', parameters = []) {
      if (!has(table)) return 0;
      const [row] = await db.rows(`select count(*) as count from ${table} ${rest}`, parameters);
      return Number(row?.['count'] ?? 0);
    },
    inWorkspace: (table) => (tables.get(table)?.has('workspace') ? "and workspace = 'default'" : ''),
  };
}
