/** A cell of a table, or any value that a model takes or gives. NaN and ±Infinity are numbers here. */
export type Value = number | bigint | string | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Rows by the names of their columns. Without names a model goes by position. */
export interface Table {
  readonly kind: 'table';
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** One nested array, or several by name; the first dimension counts the rows. */
export interface TensorInput {
  readonly kind: 'tensor';
  readonly tensor: Value;
}

export type ModelInput = Table | TensorInput;

export function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value);
}

export function isRecord(value: unknown): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** The number that one of the words of golden documents and frames stands for. */
export function numberWord(text: string): number | undefined {
  return Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
}

/** JSON has no NaN, no infinities, and no integers beyond 2^53: they travel as words. */
export function toWire(value: Value): Value {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : String(value);
  if (isList(value)) return value.every(isPlain) ? value : value.map(toWire);
  if (isRecord(value)) return mapRecord(value, toWire);
  return value;
}

/** Words back into numbers; `texts` says that they are meant as text. */
export function fromWire(value: Value, texts = false): Value {
  if (typeof value === 'string') return texts ? value : (numberWord(value) ?? value);
  if (isList(value)) return value.every(isPlain) ? value : value.map((one) => fromWire(one, texts));
  if (isRecord(value)) return mapRecord(value, (one) => fromWire(one, texts));
  return value;
}

/** What a JSON answer says: what is no number is null there, as MLflow's server answers it. */
export function toAnswer(value: Value): Value {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : String(value);
  if (isList(value)) return value.every(isPlain) ? value : value.map(toAnswer);
  if (isRecord(value)) return mapRecord(value, toAnswer);
  return value;
}

function isPlain(value: Value): boolean {
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

function isSafe(value: bigint): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
}

function mapRecord(record: { readonly [name: string]: Value }, map: (value: Value) => Value): Value {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
