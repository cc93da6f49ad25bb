import { parseMoment, windowStart } from './window.ts';

/** Event time of a cell: ISO 8601, a date, or a number of seconds or milliseconds; null when it is none. */
export function timeOfCell(cell: unknown): number | null {
  if (typeof cell === 'string') return parseMoment(cell);
  if (typeof cell !== 'number' || !Number.isFinite(cell)) return null;
  // Seconds until the year 5138, milliseconds from 1973 on.
  return Math.abs(cell) < 1e11 ? cell * 1_000 : cell;
}

/** Rows by the windows of their event times; those without a time are left out. */
export function groupByWindow<Row extends readonly unknown[]>(
  rows: readonly Row[],
  timeAt: number,
  windowMs: number,
): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const time = timeOfCell(row[timeAt]);
    if (time === null) continue;
    const start = windowStart(time, windowMs);
    const group = groups.get(start);
    if (group) group.push(row);
    else groups.set(start, [row]);
  }
  return groups;
}

/**
 * Those that can be compared with: without a first and last one that are cut off (less than half of what is usual),
 * without small ones, and of the rest the newest `most`. Oldest first.
 */
export function usableWindows<Window extends { readonly start: number; readonly rows: number }>(
  windows: readonly Window[],
  { minRows, most }: { minRows: number; most: number | null },
): Window[] {
  const ordered = windows.toSorted((a, b) => a.start - b.start);
  const sizes = ordered.map(({ rows }) => rows).sort((a, b) => a - b);
  const usual = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const whole = ordered.filter(
    ({ rows }, at) => (at > 0 && at < ordered.length - 1) || ordered.length < 3 || rows >= usual / 2,
  );
  const large = whole.filter(({ rows }) => rows >= minRows);
  return most === null ? large : large.slice(-most);
}
