import type { Sandbox } from './sandbox.ts';
import { type DescribedColumn, describeSource, pickColumns, refuseFiles, sourceSql } from './source-sql.ts';
import { quoteName, type TableFile } from './table-file.ts';
import { columnKind } from './table-profile.ts';

export interface Overlap {
  readonly rowsA: number;
  readonly rowsB: number;
  /** Rows of the first table whose values occur in the second one. */
  readonly shared: number;
  /** Up to five of them, for a person. */
  readonly examples: readonly string[];
}

interface Tables {
  readonly a: readonly TableFile[];
  readonly b: readonly TableFile[];
  readonly columns: readonly string[];
}

const EXAMPLES = 5;
const EXAMPLE_LENGTH = 200;

/** In the thread: null equals null. @throws PARQUET_UNREADABLE, PARQUET_COLUMN_MISSING */
export async function countShared(sandbox: Sandbox, { a, b, columns }: Tables): Promise<Overlap> {
  const [ofA, ofB] = [await describeSource(sandbox, a), await describeSource(sandbox, b)];
  const pairs = pickColumns(ofA, columns, a).map((column, at) => {
    const [other = column] = pickColumns(ofB, columns.slice(at, at + 1), b);
    return comparable(column, other);
  });
  try {
    await load(
      sandbox,
      'a',
      a,
      pairs.map(([left]) => left),
    );
    await load(
      sandbox,
      'b',
      b,
      pairs.map(([, right]) => right),
    );
    const same = pairs.map((_pair, at) => `a.c${at} is not distinct from b.c${at}`).join(' and ');
    const shared = `from a where exists (select 1 from b where ${same})`;
    const text = columns.map((name, at) => `'${name.replaceAll("'", "''")} ' || coalesce(a.c${at}::varchar, 'null')`);
    const examples = await sandbox.query(
      `select distinct left(concat_ws(', ', ${text.join(', ')}), ${EXAMPLE_LENGTH}) as v ${shared} order by v limit ${EXAMPLES}`,
    );
    return {
      rowsA: await count(sandbox, 'from a'),
      rowsB: await count(sandbox, 'from b'),
      shared: await count(sandbox, shared),
      examples: examples.map((row) => String(row['v'])),
    };
  } catch (error) {
    refuseFiles(error, [...a, ...b]);
  }
}

async function load({ run }: Sandbox, name: string, files: readonly TableFile[], cells: string[]): Promise<void> {
  const list = cells.map((cell, at) => `${cell} as c${at}`).join(', ');
  await run(`create or replace temp table ${name} as select ${list} from ${sourceSql(files)}`);
}

async function count({ query }: Sandbox, from: string): Promise<number> {
  const [row] = await query(`select count(*) as n ${from}`);
  return Number(row?.['n']);
}

/**
 * Both columns in one type, so that the same value written in two ways counts as the same. What cannot be read as
 * the other's type becomes null, and so may count as shared: who asks wants to know that nothing is.
 */
function comparable(one: DescribedColumn, other: DescribedColumn): [string, string] {
  const cast = (type: string): [string, string] => [
    `try_cast(${quoteName(one.name)} as ${type})`,
    `try_cast(${quoteName(other.name)} as ${type})`,
  ];
  if (one.type === other.type) return [quoteName(one.name), quoteName(other.name)];
  const types = [one.type, other.type];
  const kinds = types.map(columnKind);
  if (types.includes('FLOAT')) return cast('float');
  if (kinds.includes('timestamp') || kinds.includes('date')) return cast('timestamp');
  if (kinds.every((kind) => kind === 'integer')) return cast('hugeint');
  return kinds.includes('integer') || kinds.includes('number') ? cast('double') : cast('varchar');
}
