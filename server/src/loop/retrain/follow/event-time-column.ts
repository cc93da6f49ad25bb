import type { WrittenType } from '../../../platform/parquet/written-column.ts';

/** Numbers below are seconds since the epoch, not milliseconds: 10^11 ms is the year 1973. */
const SECONDS_BELOW = 1e11;

/** Milliseconds since the epoch of a cell of an event-time column; null when it says no time. */
export function toEventTime(cell: unknown): number | null {
  if (typeof cell === 'number' && Number.isFinite(cell)) return Math.abs(cell) < SECONDS_BELOW ? cell * 1000 : cell;
  if (typeof cell !== 'string' || cell.trim() === '') return null;
  const iso = cell.trim().replace(' ', 'T');
  const time = Date.parse(iso.length > 10 && !/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? `${iso}Z` : iso);
  return Number.isNaN(time) ? null : time;
}

/** How a column of this type writes a moment; `seconds`: its numbers count seconds. */
export function fromEventTime(ms: number, type: WrittenType, seconds: boolean): number | string {
  if (type === 'varchar') return new Date(ms).toISOString();
  if (type === 'date' || type === 'timestamp' || type === 'timestamptz') return ms;
  return seconds ? ms / 1000 : ms;
}

export function countsSeconds(cell: unknown): boolean {
  return typeof cell === 'number' && Math.abs(cell) < SECONDS_BELOW;
}
