import type { PredictionMeaning } from '../deploy/index.ts';
import { type Capture, scoreOf } from '../serve/index.ts';
import type { IndexedPrediction } from './prediction-index.ts';
import { addRows } from './statistics/index.ts';
import { windowStart } from './window.ts';
import { type Binnings, emptyWindowProfile, PREDICTION, type WindowProfile } from './window-profile.ts';

/** An event time further ahead of the receipt than this is a mistake of a clock. */
const AHEAD_MS = 86_400_000;

/** What one batch of captures says about one endpoint. */
export interface CapturedRow {
  readonly capture: Capture;
  readonly row: number;
  readonly eventTime: number;
  readonly plausible: boolean;
}

export function toRows(captures: readonly Capture[]): CapturedRow[] {
  return captures.flatMap((capture) =>
    capture.outputs.flatMap((_output, row) => {
      if (capture.erased?.includes(row)) return [];
      const eventTime = capture.event_times?.[row] ?? capture.event_time;
      return { capture, row, eventTime, plausible: eventTime <= capture.received_at + AHEAD_MS };
    }),
  );
}

/** Newest plausible event time; null: there is none. */
export function watermarkIn(rows: readonly CapturedRow[]): number | null {
  return rows.reduce<number | null>(
    (newest, { eventTime, plausible }) => (plausible && eventTime > (newest ?? -Infinity) ? eventTime : newest),
    null,
  );
}

export function toIndexed(rows: readonly CapturedRow[], meaning: PredictionMeaning | null): IndexedPrediction[] {
  return rows.map(({ capture, row, eventTime }) => ({
    ...{ id: capture.id, row, rowCount: capture.outputs.length, eventTime },
    ...{ version: capture.version, deployment: capture.deployment },
    key: capture.keys === null ? capture.key : (capture.keys[row] ?? null),
    prediction: predictionOf(capture, row, meaning),
  }));
}

export function predictionOf(capture: Capture, row: number, meaning: PredictionMeaning | null): number | string | null {
  const output = capture.outputs[row];
  return meaning === null || output === undefined ? null : scoreOf(output, meaning);
}

/** What rows add to a window, by version. */
export interface FoldedRows {
  readonly start: number;
  rows: number;
  readonly profiles: Map<string, WindowProfile>;
}

/** Rows by the windows of their event times; implausible ones belong to none. */
export function foldRows(
  rows: readonly CapturedRow[],
  { windowMs, binnings, meaning }: { windowMs: number; binnings: Binnings; meaning: PredictionMeaning | null },
): Map<number, FoldedRows> {
  const windows = new Map<number, FoldedRows>();
  const parts = Map.groupBy(
    rows.filter(({ plausible }) => plausible),
    ({ capture, eventTime }) =>
      JSON.stringify([windowStart(eventTime, windowMs), capture.version, capture.rows && capture.columns]),
  );
  for (const part of parts.values()) {
    const [first] = part;
    if (!first) continue;
    const start = windowStart(first.eventTime, windowMs);
    const window = windows.get(start) ?? { start, rows: 0, profiles: new Map<string, WindowProfile>() };
    windows.set(start, window);
    const { version, columns } = first.capture;
    const profile = window.profiles.get(version) ?? emptyWindowProfile(binnings);
    window.profiles.set(version, profile);
    window.rows += part.length;
    addRows(profile.features, binnings.features, columns ?? [], part.map(valuesOf));
    if (binnings.prediction === null) continue;
    const predictions = part.map(({ capture, row }) => [predictionOf(capture, row, meaning)]);
    addRows(profile.prediction, [binnings.prediction], [PREDICTION], predictions);
  }
  return windows;
}

/** Values of a row; JSON has no NaN, so that it travels as a word. */
export function valuesOf({ capture, row }: Pick<CapturedRow, 'capture' | 'row'>): unknown[] {
  return (capture.rows?.[row] ?? []).map((value) => (value === 'NaN' ? Number.NaN : value));
}
