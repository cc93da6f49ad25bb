import { isList, isRecord, type Value } from '../../engines/values.ts';
import type { Capture } from './capture/capture.ts';
import { serveErrors } from './errors.ts';

/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

/** A request, or one row of it. */
export interface PredictionKey {
  /** UUIDv7 of the request. */
  readonly id: string;
  /** From 0; null: all rows. */
  readonly row: number | null;
}

/** One row of a request: what went in and what came out, both in wire form. */
export interface PredictedRow {
  readonly row: number;
  /** By name when the input had names. */
  readonly features: Value;
  readonly output: Value;
}

const KEY = /^(?:prediction:)?([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?:\.(\d{1,9}))?$/i;

/** `ID`, `ID.k` or `prediction:ID.k`. @throws SERVE_INVALID_PREDICTION_ID */
export function parsePredictionKey(text: string): PredictionKey {
  const [, id, row] = KEY.exec(text) ?? [];
  if (id === undefined) throw serveErrors.INVALID_PREDICTION_ID({ id: text.slice(0, 200) });
  return { id: id.toLowerCase(), row: row === undefined ? null : Number(row) };
}

/** `prediction:ID.k` */
export function predictionRef({ id, row }: PredictionKey): string {
  return row === null ? `prediction:${id}` : `prediction:${id}.${row}`;
}

export function countRows({ outputs }: Pick<Capture, 'outputs'>): number {
  return outputs.length;
}

/** @throws SERVE_ROW_NOT_FOUND, SERVE_PREDICTION_ERASED */
export function rowOf(capture: Capture, row: number): PredictedRow {
  if (capture.erased?.includes(row)) throw serveErrors.PREDICTION_ERASED({ id: capture.id, row });
  const { id, columns, rows, tensor, outputs } = capture;
  const output = outputs[row];
  if (output === undefined) throw serveErrors.ROW_NOT_FOUND({ id, row, rows: outputs.length });
  const values = rows?.[row];
  if (values === undefined) return { row, features: sliceOf(tensor, row), output };
  if (columns === null) return { row, features: values, output };
  return { row, features: Object.fromEntries(columns.map((name, at) => [name, values[at] ?? null])), output };
}

// The first dimension of a tensor counts the rows.
function sliceOf(tensor: Value, row: number): Value {
  if (isList(tensor)) return tensor[row] ?? null;
  if (!isRecord(tensor)) return tensor;
  return Object.fromEntries(
    Object.entries(tensor).map(([name, values]) => [name, isList(values) ? (values[row] ?? null) : values]),
  );
}

/** Milliseconds since the epoch at which a UUIDv7 was made. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The largest id that may have been made within so many milliseconds after `id`. */
export function idAfter(id: string, milliseconds: number): string {
  const time = (timeOfId(id) + milliseconds).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7fff-bfff-ffffffffffff`;
}
