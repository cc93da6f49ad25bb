import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { losers, shiftTraffic, trafficProblem } from './traffic.ts';

describe('a split of traffic', () => {
  test('sums to exactly 100, in steps of a hundredth', () => {
    expect(trafficProblem({ a: 100 })).toBe(null);
    expect(trafficProblem({ a: 33.33, b: 33.33, c: 33.34 })).toBe(null);
    expect(trafficProblem({ a: 0.1, b: 0.2, c: 99.7 })).toBe(null);
    expect(trafficProblem({})).toBe('it names no deployment');
    expect(trafficProblem({ a: 60, b: 39.9 })).toBe('the shares sum to 99.9, not to 100');
    expect(trafficProblem({ a: 60.005, b: 39.995 })).toBe('a share has more than two digits after the point');
    expect(trafficProblem({ a: Number.NaN })).toBe('a share is no number of percent');
    expect(trafficProblem({ a: 120, b: -20 })).toBe('a share is no number of percent');
  });

  test('the others keep their proportions when one of them gets another share', () => {
    expect(shiftTraffic({ a: 100 }, 'b', 100)).toEqual({ b: 100 });
    expect(shiftTraffic({ a: 100 }, 'b', 10)).toEqual({ a: 90, b: 10 });
    expect(shiftTraffic({ a: 75, b: 25 }, 'c', 20)).toEqual({ a: 60, b: 20, c: 20 });
    expect(shiftTraffic({ a: 50, b: 50 }, 'b', 20)).toEqual({ a: 80, b: 20 });
    expect(shiftTraffic({ a: 33.33, b: 33.33, c: 33.34 }, 'd', 50)).toEqual({ a: 16.67, b: 16.66, c: 16.67, d: 50 });
  });

  test('the only deployment gets everything, whatever share was asked for', () => {
    expect(shiftTraffic({}, 'a', 10)).toEqual({ a: 100 });
    expect(shiftTraffic({ a: 100 }, 'a', 10)).toEqual({ a: 100 });
  });

  test('any sequence of shifts leaves a split that sums to 100', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 10_000 }));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        let traffic = {};
        for (const [id, share] of steps) traffic = shiftTraffic(traffic, id, share / 100);
        return trafficProblem(traffic) === null;
      }),
    );
  });

  test('who loses traffic is who had some and has none', () => {
    expect(losers({ a: 90, b: 10 }, { b: 100 })).toEqual(['a']);
    expect(losers({ a: 100 }, { a: 100 })).toEqual([]);
  });
});
