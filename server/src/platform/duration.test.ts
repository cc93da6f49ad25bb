import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';

describe('durations', () => {
  test.each([
    ['7d', 604_800_000],
    ['1d 12h', 129_600_000],
    ['1h30m', 5_400_000],
    ['45s', 45_000],
    ['200ms', 200],
    ['1m 1ms', 60_001],
    ['0s', 0],
    ['90m', 5_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(new RegExp(DURATION_PATTERN).test(text)).toBe(true);
  });

  test.each(['', ' ', '7', '7 d', '7 days', '-7d', '1.5h', '30m 1h', '1d 2d', '7D', '1w', 'd', '99999999d', '1h  30m'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  test('what is written is read as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000_000_000_000 }), (ms) => {
        const text = formatDuration(ms);
        return parseDuration(text) === ms && new RegExp(DURATION_PATTERN).test(text);
      }),
    );
    expect(formatDuration(129_600_000)).toBe('1d 12h');
  });
});
