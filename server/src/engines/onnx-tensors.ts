import type { Conversion, ConversionInput } from './conversion.ts';
import { engineErrors } from './errors.ts';
import { isList, isRecord, type ModelInput, type Table, type Value } from './values.ts';

export type TensorData = Float32Array | Float64Array | BigInt64Array | Uint8Array | Int32Array | string[];

/** One tensor on its way to or from a thread. */
export interface Tensor {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A table (or array) as the tensors that the ONNX form takes. @throws ENGINE_INPUT_REFUSED */
export function toTensors(conversion: Conversion, input: ModelInput): Tensor[] {
  const table = asTable(conversion, input);
  const positions = new Map(table.columns.map((name, at) => [name, at]));
  return conversion.inputs.map((spec) => {
    const columns = spec.column === null ? conversion.columns : [spec.column];
    return fill(spec, columns, table, positions);
  });
}

function fill(
  spec: ConversionInput,
  columns: readonly string[],
  { rows }: Table,
  positions: ReadonlyMap<string, number>,
): Tensor {
  const data = allocate(spec.type, rows.length * columns.length);
  const put = writer(spec, data);
  const places = columns.map((name) => ({ name, at: positions.get(name) ?? -1 }));
  let index = 0;
  for (const row of rows) {
    for (const { name, at } of places) {
      put(index, at < 0 ? null : (row[at] ?? null), name);
      index += 1;
    }
  }
  return { name: spec.name, type: onnxType(spec.type), dims: [rows.length, columns.length], data };
}

function allocate(type: string, length: number): TensorData {
  if (type === 'float') return new Float32Array(length);
  if (type === 'double') return new Float64Array(length);
  if (type === 'int64') return new BigInt64Array(length);
  if (type === 'bool') return new Uint8Array(length);
  return new Array<string>(length).fill('');
}

function onnxType(type: string): string {
  if (type === 'float') return 'float32';
  return type === 'double' ? 'float64' : type;
}

type Write = (index: number, value: Value, column: string) => void;

function writer({ type, missing }: ConversionInput, data: TensorData): Write {
  const token = missing.startsWith('token:') ? missing.slice('token:'.length) : null;
  return (index, value, column) => {
    if (value === null || (typeof value === 'number' && Number.isNaN(value))) {
      if (missing === 'nan' && (type === 'float' || type === 'double')) data[index] = Number.NaN;
      else if (token !== null && type === 'string') data[index] = token;
      else throw refused(`The column ${column} must not be missing.`);
      return;
    }
    data[index] = convert(type, value, column);
  };
}

function convert(type: string, value: Value, column: string): never {
  const fits = accepts(type, value);
  if (!fits) throw refused(`The column ${column} must be ${type === 'string' ? 'text' : 'a number'}.`);
  if (type === 'int64') return BigInt(value as number) as never;
  if (type === 'string') return value as never;
  return Number(value) as never;
}

function accepts(type: string, value: Value): boolean {
  if (type === 'string') return typeof value === 'string';
  if (type === 'int64') return Number.isInteger(value) || typeof value === 'bigint' || typeof value === 'boolean';
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
}

/** An array goes by position, as the columns of the conversion do. */
function asTable({ columns }: Conversion, input: ModelInput): Table {
  if (input.kind === 'table') return input;
  const tensor = isRecord(input.tensor) ? Object.values(input.tensor)[0] : input.tensor;
  if (!isList(tensor)) throw refused('The model takes an array of rows.');
  const rows = tensor.map((row) => (isList(row) ? row : [row]));
  if (rows.some((row) => row.length !== columns.length)) {
    throw refused(`The model takes rows of ${columns.length} numbers.`);
  }
  return { kind: 'table', columns, rows };
}

/** The output tensor as the answers of `predict`, one per row. */
export function fromTensor(output: Conversion['output'], { dims, data }: Tensor, single: boolean): Value[] {
  const booleans = output?.classes?.every((one) => typeof one === 'boolean') === true && output.kind === 'label';
  const values = Array.from(data as ArrayLike<number | bigint | string>, (value): Value => {
    const plain = typeof value === 'bigint' ? Number(value) : value;
    return booleans ? Boolean(plain) : plain;
  });
  const [rows = 0, width = 1] = dims;
  if (single && width === 1) return values;
  return Array.from({ length: rows }, (_, row) => values.slice(row * width, (row + 1) * width));
}

function refused(problem: string) {
  return engineErrors.INPUT_REFUSED({ problem });
}
