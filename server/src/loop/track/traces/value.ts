/**
 * A value of a span as OpenTelemetry has it: null, boolean, text, whole number (bigint), double (number), bytes, list
 * or map. Whole numbers and doubles stay apart, for `1` and `1.0` are two things to the clients.
 */
export type Value = null | boolean | string | bigint | number | Uint8Array | readonly Value[] | ValueMap;
export type ValueMap = ReadonlyMap<string, Value>;

/** Nothing that people write is deeper; what is came to exhaust the stack. */
export const MAX_DEPTH = 100;

/** JSON as Python writes it (`{"a": 1.0}`), which is how MLflow keeps spans, and what its filters search. */
export function dumpValue(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return dumpDouble(value);
  if (value instanceof Uint8Array) return JSON.stringify(toBase64(value));
  if (isMap(value)) {
    return `{${[...value].map(([key, one]) => `${JSON.stringify(key)}: ${dumpValue(one)}`).join(', ')}}`;
  }
  return `[${value.map(dumpValue).join(', ')}]`;
}

/** Reads what {@link dumpValue} wrote. Undefined: the text is no JSON. */
export function parseValue(text: string): Value | undefined {
  try {
    return parseExact(text);
  } catch {
    // Python writes numbers that JSON has not.
    return /NaN|Infinity/.test(text) ? parseWithOddNumbers(text) : undefined;
  }
}

/** A text that is JSON of a text is that text; everything else is itself. */
export function unquote(text: string): string {
  const value = text.startsWith('"') ? parseValue(text) : undefined;
  return typeof value === 'string' ? value : text;
}

export function isMap(value: Value | undefined): value is ValueMap {
  return value instanceof Map;
}

/** A list, and neither text nor bytes. */
export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** @throws RangeError when it is nested deeper than {@link MAX_DEPTH} */
export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`A value is nested more than ${MAX_DEPTH} deep.`);
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

const ODD = '\u0001double:';

function parseWithOddNumbers(text: string): Value | undefined {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) =>
    found.startsWith('"') ? found : `"\\u0001double:${found}"`,
  );
  try {
    return parseExact(marked);
  } catch {
    return undefined;
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source: string }) => Value;

function parseExact(text: string): Value {
  const revive: Reviver = (_key, value, { source }) => {
    if (typeof value === 'number') return /^-?\d+$/.test(source) ? BigInt(source) : value;
    if (typeof value === 'string') return value.startsWith(ODD) ? Number(value.slice(ODD.length)) : value;
    if (value === null || typeof value === 'boolean') return value;
    return Array.isArray(value) ? value : new Map(Object.entries(value as Record<string, Value>));
  };
  return JSON.parse(text, revive as unknown as (key: string, value: unknown) => unknown) as Value;
}

function dumpDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (!Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e16 ? `${Object.is(value, -0) ? '-0' : value}.0` : value.toExponential();
}
