import type { DialectName } from '../database.ts';

/** What one cell can be, on either dialect. Integers beyond 2^53 are bigints. */
export type Value = string | number | bigint | Uint8Array | null;

export interface Column {
  readonly name: string;
  readonly kind: 'integer' | 'real' | 'text' | 'bytes';
}

export interface TableShape {
  readonly name: string;
  /** By name: the same on both dialects. */
  readonly columns: readonly Column[];
  /** Tables whose rows must be there first. */
  readonly after: readonly string[];
}

/** Runs one statement; `$1` or `?` stand for parameters, as the dialect has it. */
export type Ask = (
  statement: string,
  parameters?: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

const COLUMNS: Readonly<Record<DialectName, string>> = {
  sqlite: `select m.name as "table", c.name as "column", lower(c.type) as type
    from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\'`,
  // The numbers of transactions (xid8) mean nothing in another cluster: they are given anew.
  postgres: `select c.table_name as "table", c.column_name as "column", c.udt_name as type
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
      and c.is_generated = 'NEVER' and c.udt_name <> 'xid8'`,
};

const REFERENCES: Readonly<Record<DialectName, string>> = {
  sqlite: `select m.name as "table", f."table" as before
    from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table'`,
  postgres: `select a.relname as "table", b.relname as before
    from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid
    join pg_namespace n on n.oid = a.relnamespace where k.contype = 'f' and n.nspname = current_schema()`,
};

/** Every table of the schema, each after those that it refers to. */
export async function describeTables(ask: Ask, dialect: DialectName): Promise<TableShape[]> {
  const columns = Map.groupBy(await ask(COLUMNS[dialect]), (row) => String(row['table']));
  const references = Map.groupBy(await ask(REFERENCES[dialect]), (row) => String(row['table']));
  const shapes = [...columns].map(([name, rows]) => ({
    name,
    columns: rows
      .map((row) => ({ name: String(row['column']), kind: kindOf(String(row['type'])) }))
      .sort((a, b) => compare(a.name, b.name)),
    after: (references.get(name) ?? []).map((row) => String(row['before'])).filter((before) => before !== name),
  }));
  return inOrder(shapes.sort((a, b) => compare(a.name, b.name)));
}

/** The select that {@link toValues} reads: integers come as text, since neither driver hands over big ones whole. */
export function selectOf({ name, columns }: TableShape, dialect: DialectName): string {
  const list = columns.map((column) => {
    const quoted = quote(column.name);
    if (column.kind === 'real' || column.kind === 'bytes') return quoted;
    if (column.kind === 'text' && dialect === 'sqlite') return quoted;
    return `cast(${quoted} as text) as ${quoted}`;
  });
  return `select ${list.join(', ')} from ${quote(name)}`;
}

export function toValues({ columns }: TableShape, row: Readonly<Record<string, unknown>>): Value[] {
  return columns.map(({ name, kind }) => {
    const value = row[name] as Value | undefined;
    return kind === 'integer' && typeof value === 'string' ? parseWhole(value) : (value ?? null);
  });
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function parseWhole(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
}

function kindOf(type: string): Column['kind'] {
  if (/double|real|float|numeric/.test(type)) return 'real';
  if (type.includes('int')) return 'integer';
  return type === 'blob' || type === 'bytea' ? 'bytes' : 'text';
}

function inOrder(shapes: readonly TableShape[]): TableShape[] {
  const placed = new Set<string>();
  const ordered: TableShape[] = [];
  let waiting = shapes;
  while (waiting.length > 0) {
    const ready = waiting.filter(({ after }) => after.every((name) => placed.has(name)));
    if (ready.length === 0)
      throw new Error(`Tables refer to each other: ${waiting.map(({ name }) => name).join(', ')}.`);
    for (const shape of ready) placed.add(shape.name);
    ordered.push(...ready);
    waiting = waiting.filter(({ name }) => !placed.has(name));
  }
  return ordered;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
