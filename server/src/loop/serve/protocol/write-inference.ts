import type { Signature } from '../../../engines/signature.ts';
import { isList, isRecord, type Value } from '../../../engines/values.ts';
import { serveErrors } from '../errors.ts';
import { type Datatype, OUTPUT_NAME, outputTensors } from './tensor-types.ts';

interface OutputTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** Answers of `predict`, one per row, as tensors: one per column, or one of all. @throws SERVE_REQUEST_INVALID */
export function toOutputTensors(
  signature: Signature | null,
  outputs: readonly Value[],
  asked: readonly string[] | null,
): OutputTensor[] {
  const declared = outputTensors(signature);
  const byName = splitColumns(outputs, declared[0]?.name ?? OUTPUT_NAME);
  const names = asked ?? Object.keys(byName);
  const unknown = names.find((name) => !Object.hasOwn(byName, name));
  if (unknown !== undefined) {
    throw serveErrors.REQUEST_INVALID({
      problem: `The model has no output ${unknown.slice(0, 100)}; it has ${Object.keys(byName).join(', ')}.`,
    });
  }
  return names.map((name) => {
    const values = byName[name] ?? [];
    const width = widthOf(values);
    const flat = width === null ? values : values.flat();
    const known = declared.find((tensor) => tensor.name === name)?.datatype;
    return {
      name,
      datatype: known ?? inferDatatype(flat),
      shape: width === null ? [values.length] : [values.length, width],
      data: flat.map(toElement),
    };
  });
}

function splitColumns(outputs: readonly Value[], only: string): Record<string, readonly Value[]> {
  if (outputs.length === 0 || !outputs.every(isRecord)) return { [only]: outputs };
  const records = outputs as readonly { readonly [name: string]: Value }[];
  return Object.fromEntries(
    Object.keys(records[0] ?? {}).map((name) => [name, records.map((record) => record[name] ?? null)]),
  );
}

/** Width of rows that are lists of one length; null when they are single values. */
function widthOf(rows: readonly Value[]): number | null {
  const [first] = rows;
  if (!isList(first)) return null;
  return rows.every((row) => isList(row) && row.length === first.length) ? first.length : null;
}

function inferDatatype(values: readonly Value[]): Datatype {
  const present = values.filter((value) => value !== null);
  if (present.length > 0 && present.every((value) => typeof value === 'boolean')) return 'BOOL';
  if (present.some((value) => typeof value === 'bigint')) return 'INT64';
  return present.every((value) => typeof value === 'number') ? 'FP64' : 'BYTES';
}

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** NaN and the infinities have no word in JSON; whole numbers keep all their digits. */
function toElement(value: Value): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') return rawJSON(String(value));
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
