import { BucleError } from '../../platform/errors.ts';
import type { PredictionMeaning } from '../deploy/index.ts';
import { parsePredictionKey } from '../serve/index.ts';
import { expectedValue, type Label, type LabelAddress, labelValue } from './label.ts';

/** Why a line is no label, for people. */
export class LabelProblem extends Error {
  override readonly name = 'LabelProblem';
}

const FIELDS: readonly string[] = ['prediction', 'key', 'event_time', 'value', 'label_time', 'censored'];
const LONGEST_KEY = 1_000;

/** A JSON object. */
type Fields = { readonly [name: string]: unknown };

export function isFields(input: unknown): input is Fields {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/**
 * `{"prediction": "ID.k" | "key": …, "value": … | "censored": "why", "label_time"?, "event_time"?}` → a label.
 * @throws LabelProblem
 */
export function readLabel(input: unknown, meaning: PredictionMeaning | null): Label {
  if (!isFields(input)) throw new LabelProblem('A label is a JSON object, such as {"prediction": "ID.0", "value": 1}.');
  const strange = Object.keys(input).find((name) => !FIELDS.includes(name));
  if (strange !== undefined) throw new LabelProblem(`There is no field ${strange.slice(0, 100)} in a label.`);
  const address = readAddress(input);
  const labelTime = readTime(input, 'label_time');
  const said = ['value', 'censored'].filter((name) => (input[name] ?? null) !== null);
  if (said.length !== 1) throw new LabelProblem('A label has either a value or the reason why it is censored.');
  if (said[0] === 'censored') return { address, labelTime, value: null, censored: readReason(input['censored']) };
  const value = labelValue(input['value'], meaning);
  if (value !== null) return { address, labelTime, value, censored: null };
  const given = JSON.stringify(input['value'])?.slice(0, 100) ?? 'nothing';
  throw new LabelProblem(`${given} is no label of this endpoint: expected ${expectedValue(meaning)}.`);
}

function readAddress(input: Fields): LabelAddress {
  const { prediction = null, key = null } = input;
  if ((prediction === null) === (key === null)) {
    throw new LabelProblem('A label says either which prediction it is about, or the key of one.');
  }
  const aboutTime = readTime(input, 'event_time');
  if (prediction === null)
    return { kind: 'key', key: readKey(key), aboutTime: aboutTime ?? readTime(input, 'label_time') };
  try {
    return { kind: 'id', ...parsePredictionKey(String(prediction)) };
  } catch (error) {
    if (error instanceof BucleError) throw new LabelProblem(error.message);
    throw error;
  }
}

function readKey(key: unknown): string {
  const text = typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? String(key) : '';
  if (text === '' || text.length > LONGEST_KEY || text.includes('\0')) {
    throw new LabelProblem(`A key is a text of 1 to ${LONGEST_KEY} characters, or a number.`);
  }
  return text;
}

function readReason(reason: unknown): string {
  if (typeof reason === 'string' && reason.length <= LONGEST_KEY && !reason.includes('\0')) return reason;
  throw new LabelProblem('The reason why a label is censored is a text.');
}

/** Milliseconds since the epoch, or ISO 8601; without an offset it is UTC. */
function readTime(input: Fields, field: string): number | null {
  const value = input[field] ?? null;
  if (value === null) return null;
  const time = typeof value === 'string' ? Date.parse(asUtc(value)) : value;
  if (typeof time === 'number' && Number.isFinite(time) && Math.abs(time) <= LATEST) return Math.round(time);
  throw new LabelProblem(`${field} is neither milliseconds since the epoch nor an ISO 8601 time.`);
}

const LATEST = 8.64e15;

function asUtc(text: string): string {
  const iso = text.trim().replace(' ', 'T');
  return /T.*(?:Z|[+-]\d\d:?\d\d)$/i.test(iso) || !iso.includes('T') ? iso : `${iso}Z`;
}
