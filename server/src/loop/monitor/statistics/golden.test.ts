import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chiSquared } from './chi-squared.ts';
import { jensenShannon, populationStability, wasserstein } from './distances.ts';
import { driftOfCounts } from './drift-of-counts.ts';
import { kolmogorovUpper } from './kolmogorov.ts';
import { kolmogorovSmirnov, kolmogorovSmirnovOfCounts } from './kolmogorov-smirnov.ts';
import { fisherExact, type Share, twoSided, zOfShares } from './proportions.ts';
import { testQuality } from './quality-test.ts';
import { testShare } from './share-test.ts';
import { chiSquaredUpper, fUpper, normalUpper, tUpper } from './tails.ts';

type Tail = { of: 'chiSquared' | 'f' | 't' | 'normal'; x: number; df: number[]; p: number };
type Table = {
  name: string;
  reference: number[];
  window: number[];
  statistic: number;
  df: number;
  p: number;
  js: number;
  psi: number;
  positions: number[];
  wasserstein: number;
};
type Samples = { name: string; d: number; p: number | null; exactP: number; w1: number; a: number[]; b: number[] };

/** Made by fixtures/scipy.golden.py. */
const golden = JSON.parse(readFileSync(new URL('fixtures/scipy.golden.json', import.meta.url), 'utf8')) as {
  made_by: string;
  tails: Tail[];
  kolmogorov: { n: number; d: number; p: number }[];
  samples: Samples[];
  b5: Omit<Samples, 'a' | 'b'>;
  tables: Table[];
  shares: { reference: Share; window: Share; z: number; p: number; more: number; less: number; chiSquared: number }[];
  drift: {
    reference: number[][];
    window: number[];
    overdispersion: number;
    statistic: number;
    df1: number;
    df2: number;
    p: number;
  };
  quality: { values: number[]; window: number; tolerance: number; statistic: number; p: number };
};

/** Relative, so that a p-value of 1e-30 is checked as well as one of .5. */
function expectSame(actual: number | null | undefined, expected: number, what: string) {
  const difference = Math.abs((actual ?? Number.NaN) - expected);
  expect(difference, `${what}: ${actual} is not ${expected}`).toBeLessThanOrEqual(1e-9 * Math.abs(expected) + 1e-300);
}

const tails = { chiSquared: chiSquaredUpper, f: fUpper, t: tUpper, normal: normalUpper };

describe(`equal to ${golden.made_by} in 9 digits`, () => {
  it('upper tails are, also where 1 − cdf would have no digits left', () => {
    for (const { of, x, df, p } of golden.tails) {
      const [df1 = 0, df2 = 0] = df;
      expectSame(tails[of](x, df1, df2), p, `${of}(${[x, ...df]})`);
    }
    expect(golden.tails.some(({ p }) => p < 1e-100)).toBe(true);
  });

  it("Kolmogorov's distribution is, for every formula that it is computed by", () => {
    for (const { n, d, p } of golden.kolmogorov) expectSame(kolmogorovUpper(d, n), p, `n ${n}, D ${d}`);
  });

  it.each(golden.samples)('Kolmogorov–Smirnov of samples is: $name', ({ name, a, b, d, p, exactP }) => {
    const result = kolmogorovSmirnov(a, b, true);
    expectSame(result?.d, d, name);
    // Of one row against one scipy's asymptotic p is no number; it proves nothing.
    expectSame(result?.p, p ?? 1, name);
    expectSame(result?.exactP, exactP, name);
  });

  it('Kolmogorov–Smirnov and Wasserstein of counts are those of the samples when each value has its bin', () => {
    for (const { name, a, b, d, p, w1 } of golden.samples) {
      const values = [...new Set([...a, ...b])].sort((x, y) => x - y);
      const count = (sample: number[]) => values.map((value) => sample.filter((one) => one === value).length);
      expectSame(kolmogorovSmirnovOfCounts(count(a), count(b))?.d, d, name);
      expectSame(kolmogorovSmirnovOfCounts(count(a), count(b))?.p, p ?? 1, name);
      expect(wasserstein(values, count(a), count(b)) ?? Number.NaN).toBeCloseTo(w1, 12);
    }
  });

  it('the published samples are', () => {
    const a = Array.from({ length: 1_000 }, (_, i) => i / 100);
    const b = Array.from({ length: 500 }, (_, i) => i / 50 + 0.3);
    const result = kolmogorovSmirnov(a, b, true);
    expectSame(result?.d, 0.031, 'D');
    expectSame(result?.p, 0.8961439371804315, 'asymptotic p');
    expectSame(result?.exactP, 0.9027951881262061, 'exact p');
    expectSame(golden.b5.p ?? 0, 0.8961439371804315, 'the fixture');
  });

  it.each(golden.tables)('χ², Jensen–Shannon, PSI and Wasserstein of counts are: $name', (table) => {
    const { reference, window, name } = table;
    const result = chiSquared(reference, window);
    expectSame(result.statistic, table.statistic, name);
    expect(result.df).toBe(table.df);
    expectSame(result.p, table.p, name);
    expectSame(jensenShannon(reference, window), table.js, name);
    expectSame(populationStability(reference, window), table.psi, name);
    expectSame(wasserstein(table.positions, reference, window), table.wasserstein, name);
  });

  it.each(golden.shares)('z and Fisher of shares are: $reference.count of $reference.rows', (shares) => {
    const { reference, window } = shares;
    const z = zOfShares(reference, window);
    expect(z).toBeCloseTo(shares.z, 11);
    expectSame(twoSided(shares.z), shares.p, 'p of z');
    expect(z * z).toBeCloseTo(shares.chiSquared, 9);
    const exact = fisherExact(reference, window);
    expectSame(exact.more, shares.more, 'more');
    expectSame(exact.less, shares.less, 'less');
  });

  it('the F test with measured over-dispersion is, for windows of one size', () => {
    const { reference, window, ...expected } = golden.drift;
    const result = driftOfCounts(reference, [window]);
    expect(expected.overdispersion).toBeGreaterThan(1);
    expectSame(result.overdispersion, expected.overdispersion, 'over-dispersion');
    expectSame(result.statistic, expected.statistic, 'F');
    expect([result.df1, result.df2]).toEqual([expected.df1, expected.df2]);
    expectSame(result.p, expected.p, 'p');
  });

  it('the prediction interval of quality is', () => {
    const { values, window, tolerance, statistic, p } = golden.quality;
    const measured = (value: number) => ({ value, standardError: 0.001 });
    const result = testQuality({
      reference: values.map(measured),
      window: measured(window),
      higherIsBetter: true,
      tolerance,
      alpha: 0.05,
    });
    expectSame(result.statistic, statistic, 't');
    expectSame(result.pValue, p, 'p');
  });

  it('a share test without over-dispersion is the z test, and exact where few are expected', () => {
    const reference = Array.from({ length: 8 }, (_, i) => ({ rows: 1_000, count: 400 + (i % 2) }));
    const alpha = 0.01;
    const large = testShare({ reference, window: { rows: 1_000, count: 440 }, alpha });
    expect(large.test).toBe('z');
    expectSame(large.statistic, zOfShares({ rows: 8_000, count: 3_204 }, { rows: 1_000, count: 440 }), 'z');
    const none = reference.map(({ rows }) => ({ rows, count: 0 }));
    const rare = testShare({ reference: none, window: { rows: 1_000, count: 10 }, alpha });
    expect(rare.test).toBe('fisher');
    expectSame(
      rare.pValue,
      golden.shares.find((one) => one.reference.count === 0 && one.reference.rows === 8_000)?.more ?? 0,
      'p',
    );
  });
});
