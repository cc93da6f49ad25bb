import { sql } from 'kysely';
import type { Db } from '../../../database.ts';
import { type Axis, keyOn, type PlacedPoint, type PointKey } from './point-key.ts';

export interface KeyRange {
  /** Later than it. */
  readonly after?: PointKey | null;
  /** It or later. */
  readonly from?: PointKey;
  /** It or earlier. */
  readonly to?: PointKey;
  /** Earlier than it. */
  readonly end?: PointKey | null;
  readonly limit?: number;
}

/** Points of a series in the order of an axis: both orders have an index that holds whole points. */
export async function listKeys(
  db: Db,
  { series, axis }: { readonly series: number; readonly axis: Axis },
  { after, from, to, end, limit }: KeyRange,
): Promise<PointKey[]> {
  const place = sql.raw(axis === 'step' ? '(step, timestamp, value, is_nan)' : '(timestamp, step, value, is_nan)');
  let query = db
    .selectFrom('metric_points')
    .select(['step', 'timestamp', 'value', 'is_nan'])
    .where('series', '=', series)
    .orderBy(axis === 'step' ? 'step' : 'timestamp')
    .orderBy(axis === 'step' ? 'timestamp' : 'step')
    .orderBy('value')
    .orderBy('is_nan');
  if (after) query = query.where(sql<boolean>`${place} > ${rowOf(after)}`);
  if (from) query = query.where(sql<boolean>`${place} >= ${rowOf(from)}`);
  if (to) query = query.where(sql<boolean>`${place} <= ${rowOf(to)}`);
  if (end) query = query.where(sql<boolean>`${place} < ${rowOf(end)}`);
  if (limit !== undefined) query = query.limit(limit);
  const rows: PlacedPoint[] = await query.execute();
  return rows.map((row) => keyOn(axis, row));
}

export interface Seek {
  readonly from: PointKey;
  /** 0 is the point at `from` itself. */
  readonly offset: number;
}

/** A statement seeks so many points: SQLite bounds the parts of one, and prepares each number of them anew. */
const SEEKS_AT_ONCE = 100;

/** The point so many places after another, for each of these, in their order. */
export async function seekKeys(
  db: Db,
  { series, axis }: { readonly series: number; readonly axis: Axis },
  seeks: readonly Seek[],
): Promise<PointKey[]> {
  const found: PointKey[] = [];
  for (let at = 0; at < seeks.length; at += SEEKS_AT_ONCE) {
    const parts = seeks.slice(at, at + SEEKS_AT_ONCE).map(({ from, offset }, i) => {
      const [a, b] = axis === 'step' ? ['step', 'timestamp'] : ['timestamp', 'step'];
      const place = sql.raw(`${a}, ${b}, value, is_nan`);
      return sql`select * from (select cast(${i} as integer) as place, step, timestamp, value, is_nan from metric_points
        where series = ${series} and (${place}) >= ${rowOf(from)} order by ${place} limit 1 offset ${offset}) as s${sql.raw(String(i))}`;
    });
    const { rows } = await sql<PlacedPoint & { place: number }>`${sql.join(parts, sql` union all `)}`.execute(db);
    rows.sort((x, y) => x.place - y.place);
    found.push(...rows.map((row) => keyOn(axis, row)));
  }
  return found;
}

/** As a row to compare with; without the types PostgreSQL takes its parameters for texts. */
export function rowOf({ a, b, value, nan }: PointKey) {
  return sql`(cast(${a} as bigint), cast(${b} as bigint), cast(${value} as double precision), cast(${nan} as integer))`;
}
