/** An alert, as the API shows it. */
export interface AlertView {
  readonly ref: string;
  readonly id: string;
  readonly endpoint: string;
  readonly signal: string;
  readonly state: string;
  readonly features: readonly string[];
  readonly version: string | null;
  readonly summary: string;
  readonly first_window: string;
  readonly last_window: string;
  readonly ended_by: string | null;
  readonly reason: string | null;
}

/** `2001-03-05` of `window:flights@2001-03-05T00:00:00.000Z`; with the time when it has one. */
export function windowDay(ref: string): string {
  return ref
    .replace(/^.*@/, '')
    .replace(/T00:00:00\.000Z$/, '')
    .replace(/:00\.000Z$/, '')
    .replace('T', ' ');
}
