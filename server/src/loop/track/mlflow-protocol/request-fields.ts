import { invalidParameter } from './mlflow-error.ts';

/** How one field of a request is read. What protobuf's JSON accepts is accepted: numbers in text, names of either case. */
export interface Field<T> {
  /** Other names of the field, as `run_uuid` of `run_id`. */
  readonly aliases: readonly string[];
  /** @throws INVALID_PARAMETER_VALUE */
  read(value: unknown, at: Place): T;
}

export interface Place {
  /** As MLflow writes it: `metrics[0].timestamp`. */
  readonly path: string;
  /** Everything in a query string is text, and one value may stand for a list. */
  readonly inQuery: boolean;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a handler receives: every declared field, `undefined` (or the empty list) where the client sent none. */
export type Message<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** @throws INVALID_PARAMETER_VALUE in MLflow's words, for the first field that is wrong */
export function readMessage<F extends Fields>(
  fields: F,
  source: Readonly<Record<string, unknown>>,
  { inQuery, path }: Place,
): Message<F> {
  const message: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = [name, camelCase(name), ...field.aliases].map((key) => source[key]).find((found) => found != null);
    message[name] = field.read(value, { inQuery, path: path === '' ? name : `${path}.${name}` });
  }
  return message as Message<F>;
}

/** `name: required(text())`; an empty text counts as missing. */
export function required<T>(field: Field<T>): Field<NonNullable<T>> {
  return {
    aliases: field.aliases,
    read(value, at) {
      const read = value === '' ? undefined : field.read(value, at);
      if (read == null || (Array.isArray(read) && read.length === 0)) throw missing(at.path);
      return read;
    },
  };
}

export function text(...aliases: string[]): Field<string | undefined> {
  // PostgreSQL keeps no NUL.
  return optional(aliases, (value) => (typeof value === 'string' && !value.includes('\0') ? value : undefined));
}

/** An int64; beyond 2^53 it is refused, for it could not be kept exactly. */
export function integer(...aliases: string[]): Field<number | undefined> {
  return optional(aliases, (value) => {
    const number = toNumber(value);
    return Number.isSafeInteger(number) ? number : undefined;
  });
}

/** A double; `"NaN"`, `"Infinity"` and numbers in text too. */
export function double(...aliases: string[]): Field<number | undefined> {
  return optional(aliases, (value) => (value === 'NaN' ? Number.NaN : toNumber(value)));
}

export function flag(...aliases: string[]): Field<boolean | undefined> {
  return optional(aliases, (value) => {
    if (typeof value === 'boolean') return value;
    const word = String(value).toLowerCase();
    return word === 'true' ? true : word === 'false' ? false : undefined;
  });
}

/** An enum by name or number: `choice({ RUNNING: 1 })`. */
export function choice<Name extends string>(numbers: Readonly<Record<Name, number>>): Field<Name | undefined> {
  const names = Object.entries(numbers) as [Name, number][];
  return optional(
    [],
    (value) => names.find(([name, number]) => name === value || String(number) === String(value))?.[0],
  );
}

/** Databases bound the number of parameters, and nobody's request needs more. */
const MAX_ITEMS = 10_000;

/** Absent: the empty list. More than `most` items are refused. */
export function list<T>(of: Field<T>, most = MAX_ITEMS): Field<NonNullable<T>[]> {
  return {
    aliases: of.aliases,
    read(value, at) {
      if (value == null) return [];
      const values = Array.isArray(value) ? value : at.inQuery ? [value] : undefined;
      if (values === undefined) throw invalidValue(value, at.path);
      if (values.length > most) throw invalidParameter(`The parameter '${at.path}' has more than ${most} items.`);
      return values.map((one, i) => {
        const path = `${at.path}[${i}]`;
        const read = of.read(one, { ...at, path });
        if (read == null) throw missing(path);
        return read;
      });
    },
  };
}

export function message<F extends Fields>(fields: F): Field<Message<F> | undefined> {
  return {
    aliases: [],
    read(value, at) {
      if (value == null) return undefined;
      if (typeof value !== 'object' || Array.isArray(value)) throw invalidValue(value, at.path);
      return readMessage(fields, value as Record<string, unknown>, at);
    },
  };
}

/** `Missing value for required parameter 'name'…` */
export function missing(path: string) {
  return invalidParameter(
    `Missing value for required parameter '${path}'. See the API docs for more information about request parameters.`,
  );
}

/** `Invalid value 5 for parameter 'name' supplied:  Hint: …`: type names are Python's, since its users read them. */
export function invalidValue(value: unknown, path: string) {
  return invalidParameter(
    `Invalid value ${compact(value)} for parameter '${path}' supplied:  Hint: Value was of type '${pythonType(value)}'. ` +
      'See the API docs for more information about request parameters.',
  );
}

/** A field that reads to undefined when it is absent, and refuses what `read` answers undefined for. */
function optional<T>(aliases: readonly string[], read: (value: unknown) => T | undefined): Field<T | undefined> {
  return {
    aliases,
    read(value, at) {
      if (value == null) return undefined;
      const result = read(value);
      if (result === undefined) throw invalidValue(value, at.path);
      return result;
    },
  };
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function compact(value: unknown): string {
  const shown = toJson(value) ?? 'null';
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}

/** What is nested too deep to be written was read from a request all the same. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return 'nested too deeply';
    throw error;
  }
}

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool', object: 'dict' }[typeof value as string] ?? 'object';
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}
