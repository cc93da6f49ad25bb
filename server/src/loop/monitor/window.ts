/** Monday 5 January 1970, 00:00 UTC: windows of a week begin on Mondays, those of a day at midnight. */
const ANCHOR = 4 * 86_400_000;

/** Start of the window that an event time falls into; milliseconds, UTC. */
export function windowStart(eventTime: number, windowMs: number): number {
  return Math.floor((eventTime - ANCHOR) / windowMs) * windowMs + ANCHOR;
}

/** `window:flights@2001-03-05T00:00:00.000Z` */
export function windowRef(endpoint: string, start: number): string {
  return `window:${endpoint}@${new Date(start).toISOString()}`;
}

/** Endpoint and start of what {@link windowRef} made; null when it is none. */
export function parseWindowRef(ref: string): { readonly endpoint: string; readonly start: number } | null {
  const [, endpoint, time] = /^window:([^@]+)@(.+)$/.exec(ref) ?? [];
  const start = parseMoment(time ?? '');
  return endpoint === undefined || start === null ? null : { endpoint, start };
}

/** Milliseconds since the epoch, or ISO 8601 in UTC; null when it is neither. */
export function parseMoment(text: string): number | null {
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
  const time = Date.parse(
    /T.*(?:Z|[+-]\d\d:?\d\d)$/i.test(text) || !/[T ]/.test(text) ? text : `${text.replace(' ', 'T')}Z`,
  );
  return Number.isNaN(time) ? null : time;
}
