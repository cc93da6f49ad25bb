import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testDrift } from './drift-test.ts';
import { makeBinning } from './feature-binning.ts';
import {
  addRow,
  addRows,
  countedRows,
  deviationOf,
  emptyProfile,
  featureOf,
  meanOf,
  mergeProfiles,
  type Profile,
} from './feature-profile.ts';

/** Whatever a request may carry. */
const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.string({ unit: 'binary' }),
  fc.string({ minLength: 120, maxLength: 300 }),
  fc.constantFrom<unknown>(
    null,
    undefined,
    Number.NaN,
    true,
    false,
    -0,
    Number.MAX_VALUE,
    [1],
    { a: 1 },
    'a',
    'b',
    1,
    2,
  ),
);
const columns = ['plain', 'constructor', '__proto__'];
const rows = fc.array(fc.tuple(value, value, value), { maxLength: 60 });

function profileOf(binnings: ReturnType<typeof makeBinning>[], of: readonly (readonly unknown[])[]): Profile {
  const profile = emptyProfile(binnings);
  addRows(profile, binnings, columns, of);
  return profile;
}

const world = fc.tuple(rows, rows, rows, rows, fc.constantFrom('numeric' as const, 'categorical' as const, undefined));

function binningsOf(reference: readonly (readonly unknown[])[], kind: 'numeric' | 'categorical' | undefined) {
  return columns.map((column, index) => {
    const values = reference.map((row) => row[index]);
    return kind === undefined ? makeBinning(column, values) : makeBinning(column, values, kind);
  });
}

describe('profiles of any values', () => {
  it('add up to the profile of all rows, in any order and grouping, to the bit', () => {
    fc.assert(
      fc.property(world, ([reference, a, b, c, kind]) => {
        const binnings = binningsOf(reference, kind);
        const [one, two, three] = [a, b, c].map((part) => profileOf(binnings, part)) as [Profile, Profile, Profile];
        const whole = profileOf(binnings, [...a, ...b, ...c]);
        expect(mergeProfiles(mergeProfiles(one, two), three)).toEqual(whole);
        expect(mergeProfiles(one, mergeProfiles(two, three))).toEqual(whole);
        expect(mergeProfiles(three, mergeProfiles(two, one))).toEqual(whole);
        expect(mergeProfiles(emptyProfile(binnings), one)).toEqual(one);
      }),
    );
  });

  it('survive JSON, and so do their binnings', () => {
    fc.assert(
      fc.property(world, ([reference, a, , , kind]) => {
        const binnings = binningsOf(reference, kind);
        const profile = profileOf(binnings, a);
        expect(JSON.parse(JSON.stringify(binnings))).toEqual(binnings);
        expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
        const again = JSON.parse(JSON.stringify(binnings));
        expect(profileOf(again, a)).toEqual(profile);
      }),
    );
  });

  it('account for every row once, and every drift test has an outcome', () => {
    fc.assert(
      fc.property(world, ([reference, a, b, , kind]) => {
        const binnings = binningsOf(reference, kind);
        const [one, two] = [profileOf(binnings, a), profileOf(binnings, b)];
        for (const binning of binnings) {
          const feature = featureOf(one, binning.feature);
          const window = featureOf(two, binning.feature);
          if (feature === undefined || window === undefined) throw new Error('a feature is lost');
          expect(feature.rows).toBe(a.length);
          expect(feature.counts.reduce((x, y) => x + y, 0)).toBe(countedRows(feature));
          expect(feature.fine.reduce((x, y) => x + y, 0)).toBe(binning.kind === 'numeric' ? countedRows(feature) : 0);
          const result = testDrift({ reference: new Array(8).fill(feature), window, binning, alpha: 0.01, minRows: 1 });
          expect(result.state).not.toBe('error');
          expect(JSON.parse(JSON.stringify(result))).toEqual(result);
        }
      }),
    );
  });
});

describe('a binning', () => {
  const of = (values: unknown[], window: unknown[]) => {
    const binning = makeBinning('x', values);
    const profile = emptyProfile([binning]);
    for (const one of window) addRow(profile, [binning], ['x'], [one]);
    const feature = featureOf(profile, 'x');
    if (feature === undefined) throw new Error('no feature');
    return { binning, feature };
  };

  it('of many numbers has ten bins of a tenth each, open outwards, and a hundred fine ones', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => i);
    const { binning, feature } = of(values, values);
    expect(feature.counts).toEqual(new Array(10).fill(100));
    expect(feature.fine).toEqual(new Array(100).fill(10));
    expect(of(values, [-1e300, 1e300]).feature.counts).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    // Quantiles 0 and 998, interquartile range 500.
    expect([binning.low, binning.high]).toEqual([-1_500, 2_498]);
    expect(of(values, [-1_501, -1_500, 2_498, 2_499, 5]).feature.outOfRange).toBe(2);
    expect(meanOf(feature, binning)).toBeCloseTo(499.5, 4);
    expect(deviationOf(feature, binning)).toBeCloseTo(Math.sqrt((1_000 ** 2 - 1) / 12), 4);
  });

  it('merges equal edges when one value is frequent', () => {
    const values = [...new Array<number>(600).fill(0), ...Array.from({ length: 400 }, (_, i) => i + 1)];
    const { binning, feature } = of(values, values);
    expect(binning.edges).toEqual([0, 100, 200, 300]);
    expect(feature.counts).toEqual([600, 100, 100, 100, 100]);
  });

  it('of few numbers gives each a bin, and one below and one above', () => {
    expect(of([3, 1, 1, 2], [0, 1, 2, 2.5, 3, 4]).feature.counts).toEqual([1, 1, 1, 2, 1]);
    expect(of([7, 7, 7], [7, 6.999, 7.001]).feature.counts).toEqual([1, 1, 1]);
  });

  it('counts nulls, infinities and wrong types apart', () => {
    const { feature } = of([1, 2, 3], [1, null, undefined, Number.NaN, Number.POSITIVE_INFINITY, '2', true, [2], 2n]);
    expect(feature).toMatchObject({ rows: 9, missing: 3, invalid: 4 });
    expect(countedRows(feature)).toBe(2);
  });

  it('of texts and booleans has a cell for the 20 most frequent, one for the others, one for the unseen', () => {
    const values = Array.from({ length: 25 }, (_, i) => new Array(30 - i).fill(`c${i}`)).flat();
    const { binning, feature } = of(values, ['c0', 'c19', 'c20', 'c24', 'new', 'other new']);
    expect(binning.categories).toHaveLength(20);
    expect(binning.others).toEqual(['c20', 'c21', 'c22', 'c23', 'c24']);
    expect(feature.counts.slice(-3)).toEqual([1, 2, 2]);
    expect(feature.unseen).toBe(2);
    expect(of([true, false, true], [true, 'true', false]).feature.counts).toEqual([2, 1, 0, 0]);
  });

  it('of ids knows that new ones are no news, and says how often a new value is to be expected', () => {
    const ids = Array.from({ length: 1_001 }, (_, i) => `id-${i}`);
    expect(of(ids, ['id-5', 'fresh']).feature.unseen).toBe(0);
    expect(makeBinning('x', ['a', 'a', 'a', 'b']).novelty).toBe(0.25);
  });

  it('tells long texts apart that begin alike', () => {
    const long = 'x'.repeat(500);
    const { binning, feature } = of([`${long}1`, `${long}1`, `${long}2`], [`${long}1`, `${long}2`, `${long}3`]);
    expect(binning.categories.map((category) => category.length)).toEqual([128, 128]);
    expect(feature.counts).toEqual([1, 1, 0, 1]);
  });

  it('without a single value has an outcome: nothing to compare', () => {
    const { binning, feature } = of([null, null], [1, 2, null]);
    const empty = featureOf(emptyProfile([binning]), 'x') ?? feature;
    expect(testDrift({ reference: new Array(8).fill(empty), window: feature, binning, alpha: 0.01 })).toMatchObject({
      state: 'not_applicable',
      note: 'the reference has no values',
    });
  });

  it('takes a column that is not there, or was not there before, as missing', () => {
    const [a, b] = [makeBinning('a', [1, 2]), makeBinning('b', [1, 2])];
    const [both, one] = [emptyProfile([a, b]), emptyProfile([a])];
    addRow(both, [a, b], ['a'], [1]);
    expect(both.features['b']).toMatchObject({ rows: 1, missing: 1 });
    addRows(one, [a], ['a'], [[1], [2]]);
    expect(mergeProfiles(both, one).features['b']).toMatchObject({ rows: 3, missing: 3 });
  });
});
