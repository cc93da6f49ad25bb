import { UsageError } from './command.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** Milliseconds since the epoch of `90m` or `1d` ago, of an ISO 8601 time (UTC without an offset), or of themselves. */
export function parseMoment(text: string, flag: string, now = Date.now()): number {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) return now - Number(amount) * (UNITS[unit] ?? 0);
  if (/^\d{9,16}$/.test(text)) return Number(text);
  const iso = text.trim().replace(' ', 'T');
  const isLocal = iso.includes('T') && !/T.*(?:Z|[+-]\d\d:?\d\d)$/i.test(iso);
  const time = /^\d{4}-\d\d-\d\d/.test(iso) ? Date.parse(isLocal ? `${iso}Z` : iso) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new UsageError(`${flag} is ${text}, but it must be a time such as 1d, 2026-11-24 or 2026-11-24T05:30Z.`);
}
