import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pickDeployment, type Split, splitInForce } from './traffic-split.ts';

const ask = (wanted: Split, former: Split, ready: string, coming = '') =>
  splitInForce({
    ...{ wanted, former },
    isReady: (id) => ready.includes(id),
    isComing: (id) => ready.includes(id) || coming.includes(id),
  });

describe('the split in force', () => {
  test('is what is wanted once all that it names are ready; until then the former one stays', () => {
    expect(ask({ a: 90, b: 10, c: 0 }, { a: 100 }, 'ab')).toEqual({ a: 90, b: 10 });
    expect(ask({ a: 90, b: 10 }, { a: 100 }, 'a', 'b')).toEqual({ a: 100 });
    expect(ask({ b: 100 }, { a: 100 }, 'a')).toEqual({ a: 100 });
    expect(ask({}, { a: 100 }, 'a')).toEqual({});
  });

  test('after a restart those that are ready share it, but no small part gets what belongs to a larger one', () => {
    expect(ask({ a: 90, b: 10 }, {}, 'a', 'b')).toEqual({ a: 100 });
    expect(ask({ a: 60, b: 20, c: 20 }, {}, 'ab', 'c')).toEqual({ a: 75, b: 25 });
    expect(ask({ a: 90, b: 10 }, {}, 'b', 'a')).toEqual({});
    expect(ask({ a: 90, b: 10 }, {}, 'b')).toEqual({ b: 100 });
    expect(ask({ a: 100 }, {}, '', 'a')).toEqual({});
  });

  test('a pick falls on each by its share', () => {
    const split = { a: 25, b: 0.5, c: 74.5 };
    expect([0, 74.4, 74.5, 74.9, 75, 99.99].map((point) => pickDeployment(split, point))).toEqual([
      ...['c', 'c', 'b', 'b', 'a', 'a'],
    ]);
    expect(pickDeployment({}, 5)).toBe(null);
    const point = fc.double({ min: 0, max: 100, noNaN: true, maxExcluded: true });
    fc.assert(fc.property(point, (at) => pickDeployment({ a: 33.33, b: 33.33, c: 33.34 }, at) !== null));
  });
});
