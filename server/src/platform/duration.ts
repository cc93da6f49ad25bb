const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

const SHAPE = /^(?=\d)(?:(\d+)d)?(?: ?(\d+)h)?(?: ?(\d+)m)?(?: ?(\d+)s)?(?: ?(\d+)ms)?$/;

/** Longer than any window or cooldown that means something: a hundred years. */
const LONGEST_MS = 36_525 * 86_400_000;

/** What {@link parseDuration} takes, as a pattern of JSON Schema. */
export const DURATION_PATTERN = SHAPE.source;

/**
 * Milliseconds of `7d`, `12h 30m`, `1h30m`, `45s` or `200ms`: whole numbers, larger units first, each at most once.
 * Null when it is no duration, or longer than a hundred years.
 */
export function parseDuration(text: string): number | null {
  const found = SHAPE.exec(text);
  if (!found) return null;
  const ms = UNITS.reduce((sum, [, unit], index) => sum + Number(found[index + 1] ?? 0) * unit, 0);
  return ms <= LONGEST_MS ? ms : null;
}

/** The shortest spelling that {@link parseDuration} reads as the same: `7d`, `1h 30m`, `0s`; whole milliseconds from 0 up. */
export function formatDuration(ms: number): string {
  const words: string[] = [];
  let rest = Math.round(ms);
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count}${unit}`);
  }
  return words.length === 0 ? '0s' : words.join(' ');
}
