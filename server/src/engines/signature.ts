import { isRecord } from './values.ts';

/** A column's type as MLflow names it; `array`, `object`, `map` and `any` are left to the model. */
export type ColumnType =
  | 'boolean'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'string'
  | 'binary'
  | 'datetime'
  | 'array'
  | 'object'
  | 'map'
  | 'any';

export interface Column {
  /** Null when the signature goes by position. */
  readonly name: string | null;
  readonly type: ColumnType;
  readonly required: boolean;
}

export interface TensorSpec {
  readonly name: string | null;
  /** NumPy's name: `float64`, `int64`, `str` … */
  readonly dtype: string;
  /** -1 = any. */
  readonly shape: readonly number[];
}

export type Schema =
  | { readonly kind: 'columns'; readonly columns: readonly Column[] }
  | { readonly kind: 'tensors'; readonly tensors: readonly TensorSpec[] };

export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly default: unknown;
}

/** What a model takes and gives, as its MLmodel declares it. */
export interface Signature {
  readonly inputs: Schema | null;
  readonly outputs: Schema | null;
  readonly params: readonly Parameter[];
}

const TYPES: ReadonlySet<string> = new Set<ColumnType>([
  'boolean',
  'integer',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'datetime',
  'array',
  'object',
  'map',
  'any',
]);
const MAX_COLUMNS = 20_000;

/** Reads one of the JSON texts of a signature. @throws Error that says what is wrong with it */
export function parseSchema(given: unknown, what: string): Schema | null {
  if (given === null || given === undefined) return null;
  const list = typeof given === 'string' ? parseJson(given, what) : given;
  if (!Array.isArray(list)) throw new Error(`its signature's ${what} are not a list`);
  if (list.length === 0) return null;
  if (list.length > MAX_COLUMNS) throw new Error(`its signature has more than ${MAX_COLUMNS} ${what}`);
  const specs = list.map((one: unknown) => (isRecord(one) ? one : {})) as Record<string, unknown>[];
  if (specs.some(({ type }) => type === 'tensor')) {
    return { kind: 'tensors', tensors: specs.map((spec) => parseTensor(spec, what)) };
  }
  const columns = specs.map((spec) => parseColumn(spec, what));
  const names = columns.map(({ name }) => name).filter((name) => name !== null);
  if (new Set(names).size !== names.length) throw new Error(`its signature names one of its ${what} twice`);
  return { kind: 'columns', columns };
}

export function parseParameters(given: unknown): Parameter[] {
  if (given === null || given === undefined) return [];
  const list = typeof given === 'string' ? parseJson(given, 'params') : given;
  if (!Array.isArray(list)) throw new Error("its signature's params are not a list");
  return list.filter(isRecord).map((one) => {
    const { name, type, default: fallback } = one as Record<string, unknown>;
    return { name: String(name), type: String(type), default: fallback ?? null };
  });
}

function parseColumn({ name, type, required }: Record<string, unknown>, what: string): Column {
  if (typeof type !== 'string' || !TYPES.has(type)) throw new Error(`its signature has ${what} of an unknown type`);
  return {
    name: typeof name === 'string' ? name : null,
    type: type as ColumnType,
    required: required !== false,
  };
}

function parseTensor(spec: Record<string, unknown>, what: string): TensorSpec {
  const tensor = spec['tensor-spec'] as { dtype?: unknown; shape?: unknown } | undefined;
  const { dtype, shape } = tensor ?? {};
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every(Number.isInteger)) {
    throw new Error(`its signature has ${what} that are tensors without dtype or shape`);
  }
  return { name: typeof spec['name'] === 'string' ? spec['name'] : null, dtype, shape: shape as number[] };
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`its signature's ${what} are not JSON`);
  }
}

/** True when every output is text, so that the words of {@link import('./values.ts').numberWord} mean themselves. */
export function outputsAreTexts(signature: Signature | null): boolean {
  const outputs = signature?.outputs;
  if (!outputs) return false;
  return outputs.kind === 'columns'
    ? outputs.columns.every(({ type }) => type === 'string')
    : outputs.tensors.every(({ dtype }) => isTextType(dtype));
}

export function isTextType(dtype: string): boolean {
  return dtype === 'str' || dtype === 'object' || dtype.startsWith('<U');
}
