import { engineErrors } from './errors.ts';
import { isTextType, type TensorSpec } from './signature.ts';
import { isList, isRecord, type ModelInput, numberWord, type Value } from './values.ts';

const MAX_DEPTH = 16;

/** An input as the tensors that the signature declares. @throws ENGINE_INPUT_REFUSED */
export function conformTensor(specs: readonly TensorSpec[], input: ModelInput): Value {
  const [only] = specs;
  if (specs.length === 1 && only !== undefined && only.name === null) return conformOne(only, positional(input));
  const given = byName(specs, input);
  const missing = specs.filter(({ name }) => !Object.hasOwn(given, name ?? ''));
  if (missing.length > 0) {
    throw refused(`The model is missing the input ${missing.map(({ name }) => name ?? '').join(', ')}.`);
  }
  return Object.fromEntries(specs.map((spec) => [spec.name ?? '', conformOne(spec, given[spec.name ?? ''] ?? null)]));
}

/** A table without names in the signature is the two-dimensional array of its rows. */
function positional(input: ModelInput): Value {
  if (input.kind === 'table') {
    return input.columns.length === 1 && isList(input.rows[0]?.[0])
      ? input.rows.map((row) => row[0] ?? null)
      : input.rows;
  }
  if (isRecord(input.tensor)) throw refused('The model takes one array without a name, not several by name.');
  return input.tensor;
}

function byName(specs: readonly TensorSpec[], input: ModelInput): { readonly [name: string]: Value } {
  if (input.kind === 'table') {
    return Object.fromEntries(input.columns.map((name, at) => [name, input.rows.map((row) => row[at] ?? null)]));
  }
  if (isRecord(input.tensor)) return input.tensor;
  if (specs.length === 1) return { [specs[0]?.name ?? '']: input.tensor };
  throw refused(`The model takes arrays by name: ${specs.map(({ name }) => name ?? '').join(', ')}.`);
}

function conformOne(spec: TensorSpec, given: Value): Value {
  const name = spec.name === null ? 'The input' : `The input ${spec.name}`;
  const shape = shapeOf(given, 0);
  if (shape === undefined) throw refused(`${name} is not a regular array: its rows differ in length.`);
  const fits = shape.length === spec.shape.length && spec.shape.every((size, axis) => size < 0 || size === shape[axis]);
  if (!fits) throw refused(`${name} must have the shape [${spec.shape}], but it has [${shape}].`);
  return convert(given, converter(spec.dtype), name, spec.dtype);
}

/** Sizes by axis; `undefined` when it is ragged. */
export function shapeOf(value: Value, depth: number): number[] | undefined {
  if (!isList(value)) return [];
  if (depth >= MAX_DEPTH) return undefined;
  const inner = shapeOf(value[0] ?? null, depth + 1);
  if (inner === undefined) return undefined;
  for (const one of value.slice(1)) {
    const other = shapeOf(one, depth + 1);
    if (other === undefined || other.length !== inner.length || other.some((size, axis) => size !== inner[axis])) {
      return undefined;
    }
  }
  return [value.length, ...inner];
}

type Converter = (value: Value) => Value | undefined;

function convert(value: Value, one: Converter, name: string, dtype: string): Value {
  if (isList(value)) return value.map((inner) => convert(inner, one, name, dtype));
  const converted = one(value);
  if (converted === undefined) throw refused(`${name} must hold ${dtype} only.`);
  return converted;
}

function converter(dtype: string): Converter {
  if (dtype.startsWith('float')) return toFloat;
  if (dtype.startsWith('int') || dtype.startsWith('uint')) return toInteger;
  if (dtype === 'bool') return (value) => (typeof value === 'boolean' ? value : undefined);
  if (isTextType(dtype)) return (value) => value;
  return (value) => value;
}

function toFloat(value: Value): Value | undefined {
  if (value === null || typeof value === 'number') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  return typeof value === 'string' ? numberWord(value) : undefined;
}

function toInteger(value: Value): Value | undefined {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

function refused(problem: string) {
  return engineErrors.INPUT_REFUSED({ problem });
}
