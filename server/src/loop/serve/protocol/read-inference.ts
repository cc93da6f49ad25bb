import { isList, isRecord, type Value } from '../../../engines/values.ts';
import { serveErrors } from '../errors.ts';
import { parseJson } from './parse-json.ts';
import { datatypes, integerBounds } from './tensor-types.ts';

/** A request of the Open Inference Protocol v2. */
export interface Inference {
  readonly id: string | null;
  /** By name; nested as the shape says. */
  readonly tensors: { readonly [name: string]: Value };
  /** Names of the outputs that were asked for; null: all. */
  readonly outputs: readonly string[] | null;
}

const MAX_AXES = 16;

/** @throws SERVE_REQUEST_INVALID, SERVE_TYPE_UNSUPPORTED */
export function readInference(
  { contentType, binaryHeader }: { readonly contentType: string | undefined; readonly binaryHeader: boolean },
  body: Buffer,
): Inference {
  const type = (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  if (binaryHeader || type !== 'application/json') {
    throw serveErrors.TYPE_UNSUPPORTED({
      type: binaryHeader ? 'with binary tensors' : `of the type ${type}`,
      accepted: 'tensors as JSON (tritonclient: set_data_from_numpy(…, binary_data=False))',
    });
  }
  const parsed = parseJson(body);
  if (!isRecord(parsed)) throw invalid('The request must be an object.');
  const { id = null, inputs, outputs = null } = parsed;
  if (id !== null && typeof id !== 'string') throw invalid('The field id must be text.');
  if (!isList(inputs) || inputs.length === 0) throw invalid('The field inputs must be a list of tensors.');
  const entries = inputs.map(readTensor);
  const names = entries.map(([name]) => name);
  refuseTwice('input', names);
  return { id, tensors: Object.fromEntries(entries), outputs: outputs === null ? null : readOutputs(outputs) };
}

function readTensor(given: Value, at: number): readonly [string, Value] {
  if (!isRecord(given)) throw invalid(`Input ${at} is no object.`);
  const { name, shape, datatype, data } = given;
  if (typeof name !== 'string' || name === '') throw invalid(`Input ${at} has no name.`);
  const what = `The input ${name.slice(0, 100)}`;
  if (typeof datatype !== 'string' || !datatypes.has(datatype)) {
    throw invalid(`${what} must have a datatype that is one of ${[...datatypes].join(', ')}.`);
  }
  const sizes = readShape(what, shape);
  if (data === undefined) throw invalid(`${what} has no data.`);
  const flat: Value[] = [];
  flatten(data, flat, 0);
  const count = sizes.reduce((product, size) => product * size, 1);
  if (flat.length !== count) {
    throw invalid(`${what} has ${flat.length} elements, and its shape [${sizes}] has ${count}.`);
  }
  const check = elementCheck(datatype);
  const odd = flat.findIndex((value) => !check(value));
  if (odd >= 0) throw invalid(`${what} must hold ${datatype} only, and its element ${odd} is none.`);
  return [name, nest(flat, sizes)];
}

function readShape(what: string, shape: Value | undefined): readonly number[] {
  const isShape =
    isList(shape) &&
    shape.length > 0 &&
    shape.length <= MAX_AXES &&
    shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
  if (!isShape) throw invalid(`${what} must have a shape: a list of whole numbers that are not negative.`);
  return shape as readonly number[];
}

function readOutputs(outputs: Value): string[] {
  if (!isList(outputs)) throw invalid('The field outputs must be a list.');
  const names = outputs.map((output) => {
    const name = isRecord(output) ? output['name'] : undefined;
    if (typeof name !== 'string') throw invalid('A requested output has no name.');
    return name;
  });
  refuseTwice('output', names);
  return names;
}

function refuseTwice(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw invalid(`The ${what} ${twice.slice(0, 100)} is named twice.`);
}

function flatten(data: Value, into: Value[], depth: number): void {
  if (!isList(data)) {
    into.push(data);
    return;
  }
  if (depth > MAX_AXES) throw invalid('The data of an input is nested too deeply.');
  for (const one of data) flatten(one, into, depth + 1);
}

function nest(flat: readonly Value[], [, ...inner]: readonly number[]): Value {
  if (inner.length === 0) return flat;
  const width = inner.reduce((product, size) => product * size, 1);
  const rows = width === 0 ? 0 : flat.length / width;
  return Array.from({ length: rows }, (_, row) => nest(flat.slice(row * width, (row + 1) * width), inner));
}

function elementCheck(datatype: string): (value: Value) => boolean {
  const bounds = integerBounds(datatype);
  if (bounds) {
    const [least, most] = bounds;
    const [low, high] = [Number(least), Number(most)];
    return (value) =>
      typeof value === 'bigint'
        ? value >= least && value <= most
        : typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
  }
  if (datatype === 'BOOL') return (value) => typeof value === 'boolean';
  if (datatype === 'BYTES') return (value) => typeof value === 'string' || value === null;
  // A missing number is NaN; JSON has no other word for it.
  return (value) => typeof value === 'number' || typeof value === 'bigint' || value === null;
}

function invalid(problem: string) {
  return serveErrors.REQUEST_INVALID({ problem });
}
