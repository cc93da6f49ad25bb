/** One row of a request, as the API shows it. */
export interface PredictedRow {
  readonly ref: string;
  readonly row: number;
  readonly features: unknown;
  readonly output: unknown;
}

export interface PredictionRequest {
  readonly ref: string;
  readonly id: string;
  readonly endpoint: string;
  readonly deployment: string;
  readonly version: string;
  readonly received_at: number;
  readonly event_time: number;
  readonly protocol: string;
  readonly caller: string | null;
  readonly queue_us: number;
  readonly compute_us: number;
  readonly row_count: number;
}

const LONGEST_CELL = 60;

/** `carrier=UA distance=1400`; what has no names as JSON. */
export function formatFeatures(features: unknown): string {
  if (typeof features !== 'object' || features === null || Array.isArray(features)) return formatValue(features);
  return Object.entries(features)
    .map(([name, value]) => `${name}=${formatValue(value)}`)
    .join(' ');
}

/** Numbers and words as they are, anything else as JSON that is not too long. */
export function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '–');
  return text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL - 1)}…` : text;
}

/** `2026-11-24 05:34:12.345`, UTC. */
export function formatMoment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ');
}
