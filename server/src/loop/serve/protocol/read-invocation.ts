import { isUtf8 } from 'node:buffer';
import { isList, isRecord, type Table, type Value } from '../../../engines/values.ts';
import { serveErrors } from '../errors.ts';
import type { GivenInput } from './adapt-input.ts';
import { parseCsv } from './parse-csv.ts';
import { parseJson } from './parse-json.ts';

/** A request in MLflow's scoring protocol. */
export interface Invocation {
  readonly input: GivenInput;
  readonly params: { readonly [name: string]: Value } | null;
}

/** Of a table: records that each have other fields would make one of billions. */
const MAX_CELLS = 20_000_000;
const ACCEPTED = 'application/json or text/csv, in UTF-8';
const FIELDS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

/** @throws SERVE_REQUEST_INVALID, SERVE_TYPE_UNSUPPORTED */
export function readInvocation(contentType: string | undefined, body: Buffer): Invocation {
  const type = mediaType(contentType);
  if (type === 'text/csv') {
    if (!isUtf8(body)) throw invalid('The CSV is not UTF-8.');
    return { input: { kind: 'csv', table: parseCsv(body.toString('utf8')) }, params: null };
  }
  if (type !== 'application/json') {
    throw serveErrors.TYPE_UNSUPPORTED({ type: `of the type ${contentType ?? '(none)'}`, accepted: ACCEPTED });
  }
  return readBody(parseJson(body));
}

/** Without its parameters, of which only `charset=utf-8` may be there. */
function mediaType(contentType: string | undefined): string | null {
  const [type = '', ...parameters] = (contentType ?? 'application/json').split(';').map((part) => part.trim());
  const isPlain = parameters.every((parameter) => /^charset="?utf-?8"?$/i.test(parameter));
  return isPlain ? type.toLowerCase() : null;
}

function readBody(body: Value): Invocation {
  const given = isRecord(body) ? FIELDS.filter((field) => Object.hasOwn(body, field)) : [];
  const [field] = given;
  if (!isRecord(body) || field === undefined || given.length > 1) {
    throw invalid(
      `The input must be a JSON dictionary with exactly one of the input fields ${FIELDS.join(', ')}` +
        `${given.length > 1 ? ` (it has ${given.join(' and ')})` : ''}.`,
    );
  }
  const { params = null } = body;
  if (params !== null && !isRecord(params)) throw invalid('The field params must be an object.');
  return { input: readers[field](body[field] ?? null), params };
}

const readers: Readonly<Record<(typeof FIELDS)[number], (value: Value) => GivenInput>> = {
  dataframe_split: readSplit,
  dataframe_records(value) {
    if (!isList(value)) throw invalid('The field dataframe_records must be a list of objects.');
    return readRecords('dataframe_records', value);
  },
  instances(value) {
    if (!isList(value)) throw invalid('The field instances must be a list.');
    return value.some(isRecord) ? readRecords('instances', value) : { kind: 'tensor', tensor: value };
  },
  inputs(value) {
    if (isList(value) && value.some(isRecord)) return readRecords('inputs', value);
    return { kind: 'tensor', tensor: value };
  },
};

function readSplit(value: Value): Table {
  if (!isRecord(value)) throw invalid('The field dataframe_split must be an object with columns and data.');
  const { columns: names, data } = value;
  if (!isList(data) || !data.every(isList)) {
    throw invalid('The field data of dataframe_split must be a list of rows, each a list of values.');
  }
  if (names !== undefined && !isList(names)) throw invalid('The field columns of dataframe_split must be a list.');
  const columns = names?.map(String) ?? Array.from({ length: data[0]?.length ?? 0 }, (_, at) => String(at));
  const odd = data.findIndex((row) => row.length !== columns.length);
  if (odd >= 0) throw invalid(`Row ${odd} has ${data[odd]?.length ?? 0} values for ${columns.length} columns.`);
  return { kind: 'table', columns, rows: data };
}

/** A field that a record lacks is missing in its row. */
function readRecords(field: string, records: readonly Value[]): Table {
  const names = new Set<string>();
  for (const [at, record] of records.entries()) {
    if (!isRecord(record)) throw invalid(`Row ${at} of ${field} is no object.`);
    for (const name of Object.keys(record)) names.add(name);
  }
  const columns = [...names];
  const cells = columns.length * records.length;
  if (cells > MAX_CELLS) {
    throw invalid(
      `The records of ${field} have ${columns.length} fields between them: ${cells} cells, and ${MAX_CELLS} are allowed.`,
    );
  }
  const rows = (records as readonly { readonly [name: string]: Value }[]).map((record) =>
    columns.map((name) => (Object.hasOwn(record, name) ? (record[name] ?? null) : null)),
  );
  return { kind: 'table', columns, rows };
}

function invalid(problem: string) {
  return serveErrors.REQUEST_INVALID({ problem });
}
