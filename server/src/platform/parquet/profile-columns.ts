import type { Rows, Sandbox } from './sandbox.ts';
import { quoteName } from './table-file.ts';
import type { CellValue, ColumnKind, ColumnProfile, ColumnSchema } from './table-profile.ts';
import { columnKind } from './table-profile.ts';

const QUANTILES = { p01: 0.01, p05: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95, p99: 0.99 } as const;
const TOP = 20;
const BINS = 20;
const TEXT_LENGTH = 200;

/** Schema, row count and statistics of a view, one column at a time so that memory holds one column. */
export async function profileColumns(
  sandbox: Pick<Sandbox, 'query'>,
  view: string,
): Promise<{ rows: number; columns: ColumnProfile[] }> {
  const [total] = await sandbox.query(`select count(*) as n from ${view}`);
  const rows = Number(total?.['n']);
  const described = await sandbox.query(`describe ${view}`);
  const columns: ColumnProfile[] = [];
  for (const { column_name, column_type } of described) {
    const type = String(column_type);
    columns.push(await profileColumn(sandbox, view, { name: String(column_name), type, kind: columnKind(type) }));
  }
  return { rows, columns };
}

async function profileColumn(
  { query }: Pick<Sandbox, 'query'>,
  view: string,
  schema: ColumnSchema,
): Promise<ColumnProfile> {
  const { kind } = schema;
  const column = quoteName(schema.name);
  const [found = {}] = await query(`select ${aggregates(column, kind).join(', ')} from ${view}`);
  const compares = kind !== 'nested' && kind !== 'bytes';
  const top = compares
    ? await query(
        `select count(*) over () as n, ${cell(column, kind)} as v, c from
         (select ${column}, count(*) as c from ${view} where ${column} is not null group by ${column})
         order by c desc, ${column} limit ${TOP}`,
      )
    : [];
  const scale = histogramScale(column, kind);
  const edges = scale === null ? null : binEdges(found['low'], found['high']);
  const bins = scale && edges ? await query(histogramSql(scale, edges, view)) : [];
  return {
    ...schema,
    nulls: Number(found['nulls']),
    distinct: compares ? Number(top[0]?.['n'] ?? 0) : null,
    min: toCell(found['min'], kind),
    max: toCell(found['max'], kind),
    mean: toNumber(found['mean']),
    sd: toNumber(found['sd']),
    nan: Number(found['nan'] ?? 0),
    infinite: Number(found['infinite'] ?? 0),
    quantiles: toQuantiles(found['quantiles']),
    top: top.map((row) => ({ value: toCell(row['v'], kind), count: Number(row['c']) })),
    histogram: edges === null ? null : { edges, counts: binCounts(bins, edges) },
    length: toLength(found),
  };
}

function aggregates(column: string, kind: ColumnKind): string[] {
  const result = [`count(*) - count(${column}) as nulls`];
  if (kind === 'nested' || kind === 'bytes') return result;
  if (kind === 'integer' || kind === 'number') return [...result, ...numberAggregates(column, kind)];
  result.push(`min(${cell(column, kind)}) as min`, `max(${cell(column, kind)}) as max`);
  if (kind === 'text') {
    result.push(`min(length(${column}::varchar)) as shortest`, `max(length(${column}::varchar)) as longest`);
    result.push(`avg(length(${column}::varchar)) as average`);
  }
  const scale = histogramScale(column, kind);
  if (scale !== null) result.push(`min(${scale}) as low`, `max(${scale}) as high`);
  return result;
}

function numberAggregates(column: string, kind: 'integer' | 'number'): string[] {
  const value = kind === 'integer' ? column : `${column}::double`;
  const finite = kind === 'integer' ? '' : ` filter (isfinite(${value}))`;
  const levels = Object.values(QUANTILES).join(', ');
  return [
    `min(${cell(column, kind)})${finite} as min`,
    `max(${cell(column, kind)})${finite} as max`,
    `avg(${value})${finite} as mean`,
    `stddev_samp(${value}::double)${finite} as sd`,
    `quantile_cont(${value}::double, [${levels}])${finite} as quantiles`,
    `min(${value}::double)${finite} as low`,
    `max(${value}::double)${finite} as high`,
    ...(kind === 'integer'
      ? []
      : [`count(*) filter (isnan(${value})) as nan`, `count(*) filter (isinf(${value})) as infinite`]),
  ];
}

/** How a value leaves DuckDB: text is cut, times become text, other numbers double. */
function cell(column: string, kind: ColumnKind): string {
  if (kind === 'number') return `${column}::double`;
  if (kind === 'integer' || kind === 'boolean') return column;
  if (kind === 'text') return `left(${column}::varchar, ${TEXT_LENGTH})`;
  return kind === 'timestamp' ? `replace(${column}::varchar, ' ', 'T')` : `${column}::varchar`;
}

/** A column as a number that bins can divide, or null. */
function histogramScale(column: string, kind: ColumnKind): string | null {
  if (kind === 'integer' || kind === 'number') return `${column}::double`;
  if (kind === 'date' || kind === 'timestamp')
    return `(case when isfinite(${column}) then epoch_ms(${column}::timestamp)::double end)`;
  return null;
}

function binEdges(low: unknown, high: unknown): number[] | null {
  if (typeof low !== 'number' || typeof high !== 'number' || !(low < high)) return null;
  const inner = Array.from({ length: BINS - 1 }, (_, i) => low + (high / BINS - low / BINS) * (i + 1));
  const edges = [low, ...inner, high];
  return edges.every((edge, i) => i === 0 || edge > (edges[i - 1] as number)) ? edges : null;
}

function histogramSql(scale: string, edges: readonly number[], view: string): string {
  const upper = edges.slice(1).map((edge) => `${edge}::double`);
  return `select unnest(map_entries(histogram(${scale}, [${upper.join(', ')}])), recursive := true) from ${view} where isfinite(${scale})`;
}

function binCounts(bins: Rows, edges: readonly number[]): number[] {
  const counts = new Map(bins.map((bin) => [Number(bin['key']), Number(bin['value'])]));
  return edges.slice(1).map((edge) => counts.get(edge) ?? 0);
}

function toCell(value: unknown, kind: ColumnKind): CellValue {
  if (value === null || value === undefined) return null;
  // A time with a zone is shown in UTC.
  if (kind === 'timestamp') return String(value).replace(/\+00$/, 'Z');
  if (kind !== 'integer') return value as CellValue;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function toNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function toQuantiles(value: unknown): Record<string, number> | null {
  if (!Array.isArray(value)) return null;
  return Object.fromEntries(Object.keys(QUANTILES).map((name, i) => [name, value[i] as number]));
}

function toLength(found: Rows[number]): ColumnProfile['length'] {
  if (found['shortest'] === undefined || found['shortest'] === null) return null;
  return { min: Number(found['shortest']), mean: Number(found['average']), max: Number(found['longest']) };
}
