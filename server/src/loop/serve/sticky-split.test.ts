import { describe, expect, test } from 'vitest';
import { pickDeployment, pointOf, type Split } from './gateway/traffic-split.ts';

const OLD = '019aa000-0000-7000-8000-000000000001';
const NEW = '019aa000-0000-7000-8000-000000000002';
const keys = Array.from({ length: 20_000 }, (_, at) => `flight ${at}`);

const canaryOf = (split: Split, endpoint = 'flights') =>
  new Set(keys.filter((key) => pickDeployment(split, pointOf(endpoint, key)) === NEW));

describe('a split by key', () => {
  test('gives the newest version its share of the keys', () => {
    for (const share of [5, 25, 50]) {
      const got = canaryOf({ [OLD]: 100 - share, [NEW]: share }).size / keys.length;
      const deviation = Math.sqrt((share / 100) * (1 - share / 100) * (1 / keys.length));
      expect(Math.abs(got - share / 100)).toBeLessThan(4 * deviation);
    }
  });

  test('keeps the keys of a canary that grows, and only moves keys to it', () => {
    const grown = [5, 25, 50, 100].map((share) => canaryOf({ [OLD]: 100 - share, [NEW]: share }));
    for (const [at, larger] of grown.slice(1).entries()) {
      const lost = [...(grown[at] ?? [])].filter((key) => !larger.has(key));
      expect(lost).toEqual([]);
    }
    expect(grown.at(-1)?.size).toBe(keys.length);
  });

  test('draws anew on every endpoint, so that nobody is always the first to meet a new version', () => {
    const split = { [OLD]: 90, [NEW]: 10 };
    const [one, other] = [canaryOf(split), canaryOf(split, 'delays')];
    const both = [...one].filter((key) => other.has(key)).length / keys.length;
    expect(both).toBeLessThan(0.02);
  });
});
