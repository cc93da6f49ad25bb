import type { ColumnType, Signature } from '../../../engines/signature.ts';
import { isTextType } from '../../../engines/signature.ts';

export type Datatype =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'FP32'
  | 'FP64'
  | 'BYTES';

export const datatypes: ReadonlySet<string> = new Set<Datatype>([
  ...(['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64'] as const),
  ...(['FP16', 'FP32', 'FP64', 'BYTES'] as const),
]);

/** Inclusive bounds of a whole-number type; undefined for others. */
export function integerBounds(datatype: string): readonly [bigint, bigint] | undefined {
  const found = /^(U?)INT(8|16|32|64)$/.exec(datatype);
  if (!found) return undefined;
  const bits = BigInt(found[2] ?? '0');
  return found[1] === 'U' ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

/** A tensor of a model, as its metadata describes it; -1 = any. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** The only output of a model that names none. */
export const OUTPUT_NAME = 'predictions';

export function inputTensors(signature: Signature | null): TensorMetadata[] {
  return tensorsOf(signature?.inputs ?? null, 'input');
}

export function outputTensors(signature: Signature | null): TensorMetadata[] {
  return tensorsOf(signature?.outputs ?? null, OUTPUT_NAME);
}

function tensorsOf(schema: Signature['inputs'], only: string): TensorMetadata[] {
  if (schema === null) return [];
  if (schema.kind === 'columns') {
    return schema.columns.map(({ name, type }, at) => ({
      name: name ?? (schema.columns.length === 1 ? only : String(at)),
      datatype: COLUMN_TYPES[type] ?? 'BYTES',
      shape: [-1],
    }));
  }
  return schema.tensors.map(({ name, dtype, shape }) => ({ name: name ?? only, datatype: ofDtype(dtype), shape }));
}

const COLUMN_TYPES: Partial<Readonly<Record<ColumnType, Datatype>>> = {
  boolean: 'BOOL',
  integer: 'INT32',
  long: 'INT64',
  float: 'FP32',
  double: 'FP64',
};

function ofDtype(dtype: string): Datatype {
  if (dtype === 'bool') return 'BOOL';
  if (isTextType(dtype)) return 'BYTES';
  const found = /^(u?int|float)(8|16|32|64)$/.exec(dtype);
  if (!found) return 'BYTES';
  return `${found[1] === 'float' ? 'FP' : found[1]?.toUpperCase()}${found[2]}` as Datatype;
}
