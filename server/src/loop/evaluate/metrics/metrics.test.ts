import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from './blocks.ts';
import {
  compareMetric,
  type MetricName,
  measureMetric,
  metricNames,
  metricsOf,
  type ScoredRow,
  toLabel,
} from './index.ts';
import { normalQuantile, studentQuantile } from './normal.ts';

interface GoldenSet {
  readonly labels: readonly (number | string)[];
  readonly predictions: readonly (number | string)[];
  readonly threshold?: number;
  readonly values: Readonly<Record<string, number>>;
  readonly intervals: Readonly<Record<string, readonly [number, number]>>;
}

const golden = JSON.parse(readFileSync(new URL('fixtures/metrics.golden.json', import.meta.url), 'utf8')) as {
  readonly made_by: string;
  readonly normal: Readonly<Record<string, number>>;
  readonly student: Readonly<Record<string, number>>;
} & Readonly<Record<'probability' | 'class' | 'value', GoldenSet>>;

const kinds = ['probability', 'class', 'value'] as const;

function rowsOf({ labels, predictions }: GoldenSet): ScoredRow[] {
  return labels.map((label, at) => ({ label, prediction: predictions[at] ?? 0, group: at % 10 }));
}

describe.each(kinds)(`metrics of a %s, against ${golden.made_by}`, (kind) => {
  const set = golden[kind];
  const options = { kind, threshold: set.threshold ?? null };

  test.each(Object.entries(set.values))('%s is what scikit-learn says', (name, expected) => {
    const { value, rows } = measureMetric(name as MetricName, rowsOf(set), options);
    expect(Math.abs((value ?? Number.NaN) - expected)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)));
    expect(rows).toBe(set.labels.length);
  });

  test.each(Object.entries(set.intervals))('the interval of %s is the exact one', (name, [low, high]) => {
    const measured = measureMetric(name as MetricName, rowsOf(set), options);
    expect(measured.low).toBeCloseTo(low, 10);
    expect(measured.high).toBeCloseTo(high, 10);
  });

  test('every metric has an interval around its value, says how it was made, and gives it again', () => {
    for (const name of metricsOf(kind)) {
      const first = measureMetric(name, rowsOf(set), options);
      expect(first.low, name).toBeLessThan(first.value ?? Number.NaN);
      expect(first.high, name).toBeGreaterThan(first.value ?? Number.NaN);
      expect(first.method).toMatch(/^(Wilson|DeLong|percentile bootstrap over 10 days, \d+ draws, seed \d+)$/);
      expect(measureMetric(name, rowsOf(set), options)).toEqual(first);
    }
  });

  test('metrics of other kinds have no value', () => {
    for (const name of metricNames.filter((one) => !metricsOf(kind).includes(one))) {
      expect(measureMetric(name, rowsOf(set), options)).toMatchObject({ value: null, low: null, high: null });
    }
  });
});

test('quantiles are those of scipy', () => {
  for (const [p, z] of Object.entries(golden.normal)) expect(normalQuantile(Number(p))).toBeCloseTo(z, 10);
  for (const [key, t] of Object.entries(golden.student)) {
    const [p = 0, freedom = 0] = key.split('/').map(Number);
    expect(Math.abs(studentQuantile(p, freedom) - t), key).toBeLessThan(0.06);
  }
});

test('what would be divided by zero is null, not 0', () => {
  const row = (label: number, prediction: number): ScoredRow => ({ label, prediction, group: 0 });
  const options = { kind: 'probability', threshold: 0.5 } as const;
  const negatives = [row(0, 0.1), row(0, 0.2)];
  for (const name of ['auc', 'average_precision', 'precision', 'recall', 'f1', 'balanced_accuracy'] as const) {
    expect(measureMetric(name, negatives, options)).toMatchObject({ value: null, low: null, high: null });
  }
  for (const name of metricsOf('probability')) expect(measureMetric(name, [], options).value).toBeNull();
  const constant = [row(5, 1), row(5, 2)];
  expect(measureMetric('r2', constant, { kind: 'value', threshold: null }).value).toBeNull();
});

test('whatever the rows, no metric throws, and an interval contains no NaN', () => {
  const row = fc.record({
    label: fc.constantFrom(0, 1),
    prediction: fc.double({ min: 0, max: 1, noNaN: true }),
    group: fc.nat(6),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), fc.constantFrom(...metricsOf('probability')), (rows, name) => {
      const { value, low, high } = measureMetric(name, rows, { kind: 'probability', threshold: null });
      for (const number of [value, low, high]) expect(number === null || Number.isFinite(number)).toBe(true);
      if (low !== null && high !== null) expect(low).toBeLessThanOrEqual(high);
    }),
    { numRuns: 60 },
  );
});

test('labels are read as the kind of prediction needs them', () => {
  expect([true, 0, 1n, 'TRUE', '0'].map((label) => toLabel(label, 'probability'))).toEqual([1, 0, 1, 1, 0]);
  expect([2, 'late', null, 0.5].map((label) => toLabel(label, 'probability'))).toEqual([null, null, null, null]);
  expect([1, true, 'late', null].map((label) => toLabel(label, 'class'))).toEqual(['1', 'true', 'late', null]);
  expect([1.5, 'late', null, Number.NaN].map((label) => toLabel(label, 'value'))).toEqual([1.5, null, null, null]);
});

/** Days whose errors go together, as they do in the world. */
function world(random: () => number, days: number, perDay: number, shift: number) {
  const noise = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const candidate: ScoredRow[] = [];
  const champion: ScoredRow[] = [];
  for (let day = 0; day < days; day += 1) {
    const common = noise();
    for (let at = 0; at < perDay; at += 1) {
      // The absolute errors differ by `shift` in the mean, and by what the day brings.
      const worse = 10 + shift + common + noise();
      candidate.push({ label: 0, prediction: 10, group: day });
      champion.push({ label: 0, prediction: worse, group: day });
    }
  }
  return { candidate, champion };
}

test('the interval of a difference holds what it promises although rows of a day depend on each other', async () => {
  const random = seededRandom(7);
  let held = 0;
  let independent = 0;
  const worlds = 150;
  for (let one = 0; one < worlds; one += 1) {
    const pair = world(random, 14, 20, 0.5);
    const options = { kind: 'value', threshold: null } as const;
    const { low, high } = await compareMetric('mae', pair, options);
    if (low !== null && high !== null && low <= 0.5 && high >= 0.5) held += 1;
    const flat = (rows: readonly ScoredRow[]) => rows.map((row) => ({ ...row, group: 0 }));
    const without = await compareMetric(
      'mae',
      { candidate: flat(pair.candidate), champion: flat(pair.champion) },
      options,
    );
    if (without.low !== null && without.high !== null && without.low <= 0.5 && without.high >= 0.5) independent += 1;
  }
  expect(held / worlds).toBeGreaterThan(0.9);
  // The planted dependence is real: single rows promise far too much.
  expect(independent / worlds).toBeLessThan(0.6);
});

test('a gain is positive for the better candidate, whichever way the metric goes, and its seed fixes it', async () => {
  const rows = rowsOf(golden.probability);
  const better = rows.map((row) => ({ ...row, prediction: row.label === 1 ? 0.9 : 0.1 }));
  for (const name of metricsOf('probability')) {
    const options = { kind: 'probability', threshold: 0.3 } as const;
    const found = await compareMetric(name, { candidate: better, champion: rows }, options);
    expect(found.gain, name).toBeGreaterThan(0);
    expect(await compareMetric(name, { candidate: better, champion: rows }, options)).toEqual(found);
    const mirrored = await compareMetric(name, { candidate: rows, champion: better }, options);
    expect(mirrored.gain).toBe(-(found.gain ?? 0));
    expect(mirrored.high).toBeCloseTo(-(found.low ?? 0), 10);
  }
});
