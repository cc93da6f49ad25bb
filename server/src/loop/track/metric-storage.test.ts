import fc from 'fast-check';
import { CompiledQuery, createQueryId } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databases, openTestDatabase } from '../../../test/databases.ts';
import type { BucleDatabase, Tables } from '../../database.ts';
import { insertMetrics, listPoints, purgeMetrics, toPoint } from './metric.store.ts';
import { type Bucket, type ChartRange, chartOf } from './metric-chart.ts';
import { findSeries } from './metric-series.store.ts';
import type { Series } from './metric-series.ts';
import { trackMigrations } from './migrations/index.ts';
import type { Axis } from './pyramid/point-key.ts';
import type { Point } from './run.ts';
import { sampledPlaces, sampleHistory } from './sample-history.ts';

/** What the storage must equal, computed from all points every time. */
function naive(points: readonly Point[], axis: Axis) {
  const bounded = points.map(({ value, ...rest }) => {
    const kept = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
    return { ...rest, value: kept === 0 ? 0 : kept };
  });
  const [a, b] = axis === 'step' ? (['step', 'timestamp'] as const) : (['timestamp', 'step'] as const);
  const rank = ({ value }: Point) => (Number.isNaN(value) ? [0, 1] : [value, 0]);
  const compare = (x: Point, y: Point) => {
    const [vx = 0, nx = 0] = rank(x);
    const [vy = 0, ny = 0] = rank(y);
    return x[a] - y[a] || x[b] - y[b] || Math.sign(vx < vy ? -1 : vx > vy ? 1 : nx - ny);
  };
  const sorted = bounded.sort(compare);
  return sorted.filter((point, i) => i === 0 || compare(sorted[i - 1] as Point, point) !== 0);
}

function extremes(points: readonly Point[]) {
  const numbers = points.filter(({ value }) => !Number.isNaN(value));
  const of = (pick: (...values: number[]) => number) => {
    if (numbers.length === 0) return null;
    const value = numbers.map((point) => point.value).reduce((x, y) => pick(x, y));
    return { value, step: Math.min(...numbers.filter((point) => point.value === value).map(({ step }) => step)) };
  };
  return { min: of(Math.min), max: of(Math.max) };
}

const point = (steps: fc.Arbitrary<number>, times: fc.Arbitrary<number>) =>
  fc.record({
    key: fc.constant('m'),
    step: steps,
    timestamp: times,
    value: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -20, max: 20 }).map((n) => n / 4) },
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0) },
    ),
  });

/** In order, in disorder, all at one step, with gaps, below zero; small batches and ones that are cut into leaves. */
const batches = fc.oneof(
  fc.array(fc.array(point(fc.integer({ min: -3, max: 30 }), fc.integer({ min: 0, max: 9 })), { maxLength: 40 }), {
    maxLength: 8,
  }),
  fc
    .array(fc.array(point(fc.integer({ min: -9e15, max: 9e15 }), fc.nat()), { minLength: 150, maxLength: 500 }), {
      maxLength: 4,
    })
    .map((all) => all),
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 100, max: 700 })), { maxLength: 6 })
    .map((runs) =>
      runs.map(([block, count]) =>
        Array.from({ length: count }, (_, i) => ({
          key: 'm',
          step: block * 300 + i,
          timestamp: block % 2 === 0 ? 7 : i,
          value: i % 11 === 0 ? Number.NaN : Math.sin(i),
        })),
      ),
    ),
);

describe.each(databases)('metrics on $name', (database) => {
  let db: BucleDatabase;
  let runs = 0;
  beforeAll(async () => {
    db = await openTestDatabase(database, trackMigrations);
  });
  afterAll(() => db[Symbol.asyncDispose]());

  const write = (run: string, points: readonly Point[]) => db.transaction((trx) => insertMetrics(trx, run, points));
  const newRun = () => {
    runs += 1;
    return `run${runs}`;
  };

  interface Range {
    readonly from: number;
    readonly to: number;
    readonly limit: number;
  }

  async function checkAll(run: string, points: readonly Point[], range: Range) {
    const byStep = naive(points, 'step');
    const series = await findSeries(db.read, run, 'm');
    if (byStep.length === 0) {
      expect(series).toBeUndefined();
      return;
    }
    if (!series?.summary) throw new Error('The series has no summary.');
    const { count, nans, first, latest, min, max } = series.summary;
    expect([count, nans, min, max]).toEqual([
      byStep.length,
      byStep.filter(({ value }) => Number.isNaN(value)).length,
      ...Object.values(extremes(byStep)),
    ]);
    expect([toPoint({ key: 'm', ...first }), toPoint({ key: 'm', ...latest })]).toEqual([byStep[0], byStep.at(-1)]);
    const history = await listPoints(db.scan, { run, key: 'm', after: null, limit: points.length + 1 });
    expect(history.map(toPoint)).toEqual(naive(points, 'time'));
    for (const axis of ['step', 'time'] as const) {
      await checkChart(series, naive(points, axis), { axis, from: null, to: null, buckets: range.limit });
      await checkChart(series, naive(points, axis), { axis, from: range.from, to: range.to, buckets: range.limit });
    }
    await checkSample(run, byStep, { ...range, from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER });
    await checkSample(run, byStep, range);
  }

  async function checkChart(series: Series, points: readonly Point[], range: ChartRange) {
    const { axis, from, to, buckets } = range;
    const at = axis === 'step' ? 'step' : 'timestamp';
    const wanted = points.filter((one) => (from === null || one[at] >= from) && (to === null || one[at] <= to));
    const chart = await chartOf(db.scan, series, range);
    expect(chart.total).toBe(wanted.length);
    expect(chart.buckets.length).toBeLessThanOrEqual(buckets);
    if (wanted.length <= buckets) expect(chart.buckets.length).toBe(wanted.length);
    // A chart of many points has a good part of the buckets that it may have.
    else expect(chart.buckets.length).toBeGreaterThanOrEqual(Math.floor(buckets / 4));
    let passed = 0;
    for (const bucket of chart.buckets) {
      const part = wanted.slice(passed, passed + bucket.count);
      expect({ start: bucket.start, end: bucket.end }).toEqual({ start: part[0]?.[at], end: part.at(-1)?.[at] });
      checkBucket(bucket, part);
      passed += bucket.count;
    }
  }

  function checkBucket({ start: _start, end: _end, mean, ...bucket }: Bucket, part: readonly Point[]) {
    const numbers = part.filter(({ value }) => !Number.isNaN(value)).map(({ value }) => value);
    const shown = (value: number | undefined) => (Number.isNaN(value) ? null : value);
    expect(bucket).toEqual({
      first: shown(part[0]?.value),
      last: shown(part.at(-1)?.value),
      min: numbers.length === 0 ? null : Math.min(...numbers),
      max: numbers.length === 0 ? null : Math.max(...numbers),
      count: part.length,
      nans: part.length - numbers.length,
    });
    const exact = numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    // The sums of the largest doubles are bounded.
    if (exact === null) expect(mean).toBeNull();
    else if (numbers.every((value) => Math.abs(value) < 1e6)) expect(mean).toBeCloseTo(exact, 9);
    else expect(mean).not.toBeNull();
  }

  async function checkSample(run: string, points: readonly Point[], { from, to, limit }: Range) {
    const wanted = points.filter(({ step }) => step >= from && step <= to);
    const steps = from === Number.MIN_SAFE_INTEGER ? null : { start: from, end: to };
    const sampled = await sampleHistory({ db }, { run, key: 'm', steps, limit });
    expect(sampled.map((one) => toPoint({ key: 'm', ...one }))).toEqual(
      sampledPlaces(wanted.length, limit).map((place) => wanted[place]),
    );
  }

  test('summary, history, chart and sample of random points equal what all points give, after each batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        batches,
        fc.tuple(fc.integer({ min: -5, max: 12_000 }), fc.integer({ min: 0, max: 9_000 })),
        fc.integer({ min: 1, max: 60 }),
        async (all, [from, length], limit) => {
          const run = newRun();
          const written: Point[] = [];
          for (const batch of all) {
            await write(run, batch);
            written.push(...batch);
          }
          await checkAll(run, written, { from, to: from + length, limit });
        },
      ),
      { numRuns: database.name === 'SQLite' ? 60 : 25 },
    );
  });

  test('ten thousand points in any order end in the same nodes as in their own', async () => {
    const points = Array.from({ length: 12_000 }, (_, i) => ({ key: 'm', step: i, timestamp: i, value: Math.sin(i) }));
    const shuffled = points
      .map((one, i) => ({ one, place: (i * 7_919) % 12_007 }))
      .sort((x, y) => x.place - y.place)
      .map(({ one }) => one);
    const backwards = [...points].reverse();
    for (const order of [points, shuffled, backwards]) {
      const run = newRun();
      for (let from = 0; from < order.length; from += 1_000) await write(run, order.slice(from, from + 1_000));
      await checkAll(run, points, { from: 1_234, to: 10_987, limit: 150 });
    }
  });

  test('writers of one metric at once lose and repeat nothing', async () => {
    const run = newRun();
    const points = Array.from({ length: 2_000 }, (_, i) => ({ key: 'm', step: i, timestamp: i % 17, value: i % 23 }));
    const writer = async (w: number) => {
      for (let from = 0; from < 20; from += 1) {
        // Every point is written by two of them.
        const own = points.filter(({ step }) => step % 20 === from && (step % 4 === w || step % 4 === (w + 1) % 4));
        await write(run, own);
      }
    };
    await Promise.all([0, 1, 2, 3].map(writer));
    await checkAll(run, points, { from: 100, to: 900, limit: 30 });
  });

  test('what is purged is gone, and what other runs measured is not', async () => {
    const [gone, kept] = [newRun(), newRun()];
    const points = Array.from({ length: 300 }, (_, i) => ({ key: 'm', step: i, timestamp: i, value: i }));
    for (const run of [gone, kept]) await write(run, points);
    const number = (await findSeries(db.read, gone, 'm'))?.id ?? 0;
    await db.transaction((trx) => purgeMetrics(trx, [gone]));
    await checkAll(gone, [], { from: 0, to: 1, limit: 1 });
    await checkAll(kept, points, { from: 0, to: 1, limit: 1 });
    for (const table of ['metric_points', 'metric_nodes'] as const) {
      expect(await db.read.selectFrom(table).selectAll().where('series', '=', number).execute()).toEqual([]);
    }
  });

  test('a chart and a sample of a long series read as many rows as those of a series a quarter as long', async () => {
    const rows: number[] = [];
    for (const count of [15_000, 60_000]) {
      const run = newRun();
      const points = Array.from({ length: count }, (_, i) => ({ key: 'm', step: i, timestamp: i, value: i % 100 }));
      for (let from = 0; from < count; from += 5_000) await write(run, points.slice(from, from + 5_000));
      const series = await findSeries(db.read, run, 'm');
      if (!series) throw new Error('The series is not there.');
      const reads: number[] = [];
      const counting = db.scan.withPlugin({
        transformQuery: ({ node }) => node,
        async transformResult({ result }) {
          reads.push(result.rows.length);
          return result;
        },
      });
      const range = { axis: 'step' as const, from: null, to: null, buckets: 40 };
      expect((await chartOf(counting, series, range)).total).toBe(count);
      await sampleHistory({ db: { ...db, scan: counting } }, { run, key: 'm', steps: null, limit: 40 });
      rows.push(reads.reduce((sum, read) => sum + read, 0));
    }
    const [short = 0, long = 0] = rows;
    expect(long).toBeLessThan(2_000);
    expect(long).toBeLessThan(short * 2);
  });
});

test('no query about the points of a metric scans or sorts them', async () => {
  const [database] = databases;
  if (!database) throw new Error('SQLite is always there.');
  await using db = await openTestDatabase<Tables>(database, trackMigrations);
  const points = Array.from({ length: 5_000 }, (_, i) => ({ key: 'm', step: i, timestamp: i, value: i % 100 }));
  await db.transaction((trx) => insertMetrics(trx, 'r', points));
  const series = await findSeries(db.read, 'r', 'm');
  if (!series) throw new Error('The series is not there.');
  const plans: { text: string; parameters: readonly unknown[] }[] = [];
  const explaining = db.scan.withPlugin({
    transformQuery({ node }) {
      const { sql: text, parameters } = db.read.getExecutor().compileQuery(node, createQueryId());
      plans.push({ text, parameters });
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  await chartOf(explaining, series, { axis: 'time', from: 100, to: 4_000, buckets: 20 });
  await sampleHistory({ db: { ...db, scan: explaining } }, { run: 'r', key: 'm', steps: null, limit: 20 });
  await listPoints(explaining, { run: 'r', key: 'm', after: [1, 1, 1, 0], limit: 10 });
  expect(plans.length).toBeGreaterThan(5);
  for (const { text, parameters } of plans) {
    const { rows } = await db.read.executeQuery<{ detail: string }>(
      CompiledQuery.raw(`explain query plan ${text}`, [...parameters]),
    );
    for (const { detail } of rows) expect(detail).not.toMatch(/^SCAN metric|TEMP B-TREE/);
  }
});
