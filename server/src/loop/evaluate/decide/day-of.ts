import type { CellValue } from '../../../platform/parquet/table-profile.ts';

const DAY_MS = 86_400_000;
/** Numbers below are seconds: 1973 in milliseconds. */
const LEAST_MS = 1e11;

/** Which day of UTC an event time is in; null: it is none. Numbers are milliseconds or seconds since 1970. */
export function dayOf(value: CellValue): number | null {
  const time = typeof value === 'string' ? parseTime(value) : toMilliseconds(value);
  return Number.isFinite(time) ? Math.floor(time / DAY_MS) : null;
}

function toMilliseconds(value: CellValue): number {
  if (typeof value !== 'number') return Number.NaN;
  return Math.abs(value) < LEAST_MS ? value * 1_000 : value;
}

/** Text without a zone is UTC. */
function parseTime(text: string): number {
  const iso = text.trim().replace(' ', 'T');
  return Date.parse(iso.length > 10 && !/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? `${iso}Z` : iso);
}
