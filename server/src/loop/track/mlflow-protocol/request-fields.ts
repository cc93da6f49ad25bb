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
    const value = [given(name, source), ...field.aliases.map((key) => source[key])].find((found) => found != null);
    message[name] = field.read(value, { inQuery, path: path === '' ? name : `${path}.${name}` });
  }
  return message as Message<F>;
}

/** Who looks at one spelling and acts on the other could be deceived. */
function given(name: string, source: Readonly<Record<string, unknown>>): unknown {
  const other = camelCase(name);
  if (other === name || source[other] === undefined) return source[name];
  if (source[name] === undefined) return source[other];
  throw invalidParameter(`Request specifies both '${name}' and '${other}'; provide only one of them.`);
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
    `Invalid value ${pythonJson(value)} for parameter '${path}' supplied:  Hint: Value was of type '${pythonType(value)}'. ` +
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

/** A whole number that was written as `9.0`: Python would say so when it refuses it. */
export class WrittenDecimal {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  toJSON(): number {
    return Number(this.source);
  }

  toString(): string {
    return String(Number(this.source));
  }
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof WrittenDecimal) return Number(value.source);
  if (typeof value !== 'string' || !NUMBER.test(value)) return undefined;
  return Number(value);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^-?Infinity$/i;

/** Compact JSON as Python writes it: keys sorted, ASCII only; a long one is cut. */
export function pythonJson(value: unknown): string {
  const json = value instanceof WrittenDecimal ? value.source : (toJson(value) ?? 'null');
  const shown = json.replace(/[\u007f-\uffff]/g, escapeUnit);
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown;
}

/** A text as Python shows it: `'a'`, or `"it's"`. */
export function pythonText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const shown = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(quote, `\\${quote}`);
  return `${quote}${shown}${quote}`;
}

function escapeUnit(unit: string): string {
  return unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What is nested too deep to be written was read from a request all the same. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, sortKeys);
  } catch (error) {
    if (error instanceof RangeError) return 'nested too deeply';
    throw error;
  }
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (value instanceof WrittenDecimal) return 'float';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool', object: 'dict' }[typeof value as string] ?? 'object';
}

const camelCases = new Map<string, string>();

/** Of declared names, of which there are few. */
function camelCase(name: string): string {
  const known = camelCases.get(name);
  if (known !== undefined) return known;
  const made = name.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
  camelCases.set(name, made);
  return made;
}
