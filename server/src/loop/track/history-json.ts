import type { PlacedPoint } from './pyramid/point-key.ts';

export interface History {
  /** Told with each point, where it is given. */
  readonly run?: string;
  readonly key: string;
  readonly points: readonly PlacedPoint[];
}

/** Points as MLflow's JSON has them: written by hand, for a history has tens of thousands. */
export function historyJson(histories: readonly History[], nextPageToken?: string): string {
  const parts: string[] = [];
  for (const { run, key, points } of histories) {
    const head = `{"key":${JSON.stringify(key)},"value":`;
    const tail = run === undefined ? '}' : `,"run_id":${JSON.stringify(run)}}`;
    for (const { value, is_nan, timestamp, step } of points) {
      parts.push(`${head}${is_nan === 1 ? '"NaN"' : value},"timestamp":${timestamp},"step":${step}${tail}`);
    }
  }
  const token = nextPageToken === undefined ? '' : `,"next_page_token":${JSON.stringify(nextPageToken)}`;
  if (parts.length === 0 && token === '') return '{}';
  return `{"metrics":[${parts.join(',')}]${token}}`;
}
