import { Readable } from 'node:stream';
import type { Context } from '../../context.ts';
import { platformErrors } from '../../platform/errors.ts';
import type { App } from '../../platform/http/create-http.ts';
import { findEndpoint } from '../deploy/index.ts';
import { parsePredictionKey } from '../serve/index.ts';
import {
  EndpointParams,
  LabelBody,
  LabelListQuery,
  LabelPage,
  LabelQuery,
  LabelReceipt,
  PredictionLabels,
  PredictionParams,
  toReceiptResponse,
  toStoredLabel,
} from './label.schema.ts';
import { countWaiting, listLabels, readOutcomes } from './label.store.ts';
import { labelErrors } from './label-errors.ts';
import { isFields } from './label-input.ts';
import { readLines, renameFields } from './label-lines.ts';
import { type LabelColumns, type LabelField, readTableLines } from './label-table.ts';
import { labelsOfPrediction } from './labels-of-prediction.ts';
import { receiveLabels } from './receive-labels.ts';

const LINES: readonly string[] = ['application/x-ndjson', 'application/jsonl'];
const TABLES = { 'text/csv': 'csv', 'application/vnd.apache.parquet': 'parquet' } as const;
const JSON_TYPE = 'application/json';
const LONGEST_KEY = 200;

const tags = ['labels'];

type Parts = Pick<Context, 'db' | 'clock' | 'jobs' | 'config'>;

/** Where the truth arrives, and where it can be read. */
export function labelRoutes(app: App, parts: Parts): void {
  for (const type of [...LINES, ...Object.keys(TABLES)]) {
    app.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  }
  app.post(
    '/api/v1/endpoints/:name/labels',
    {
      schema: {
        tags,
        operationId: 'storeLabels',
        summary:
          'Keeps labels, any time after their predictions: one, many, JSON lines, or a CSV or Parquet file. With the ' +
          'header Idempotency-Key, the same labels sent again go on where they ended, and are counted once.',
        consumes: [JSON_TYPE, ...LINES, ...Object.keys(TABLES)],
        params: EndpointParams,
        querystring: LabelQuery,
        body: { content: { [JSON_TYPE]: { schema: LabelBody } } },
        response: { 200: LabelReceipt },
      },
    },
    async ({ params, query, body, headers, principal, id }) => {
      const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? JSON_TYPE;
      const delivery = {
        endpoint: params.name,
        lines: linesOf(parts, type, body, columnsOf(query)),
        key: keyOf(headers['idempotency-key']),
        ...{ actor: principal.name, cause: `request:${id}` },
      };
      const receipt = await receiveLabels(parts, delivery);
      const [refusal] = receipt.refusals;
      if (isSingle(body) && refusal) throw labelErrors.INVALID({ problem: refusal.problem });
      return toReceiptResponse(receipt);
    },
  );
  readRoutes(app, parts);
}

function readRoutes(app: App, { db }: Pick<Context, 'db'>): void {
  app.get(
    '/api/v1/endpoints/:name/labels',
    {
      schema: {
        tags,
        operationId: 'listLabels',
        summary: 'What became of all labels of an endpoint, and the newest of them.',
        params: EndpointParams,
        querystring: LabelListQuery,
        response: { 200: LabelPage },
      },
    },
    async ({ params: { name: endpoint }, query: { limit, before = null, waiting } }) => {
      const outcomes = await readOutcomes(db.read, endpoint);
      const received = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
      if (received === 0 && !(await findEndpoint(db.read, endpoint)))
        throw labelErrors.ENDPOINT_NOT_FOUND({ endpoint });
      const rows = await listLabels(db.scan, { endpoint, before, limit, waiting });
      return {
        ...{ endpoint, received, outcomes, waiting: await countWaiting(db.scan, endpoint) },
        labels: rows.map(toStoredLabel),
        next: rows.length < limit ? null : (rows.at(-1)?.seq ?? null),
      };
    },
  );
  app.get(
    '/api/v1/predictions/:id/labels',
    {
      schema: {
        tags,
        operationId: 'getLabels',
        summary: 'The current labels of a request, or of one row of it (`ID.k`), with their history.',
        params: PredictionParams,
        response: { 200: PredictionLabels },
      },
    },
    ({ params }) => labelsOfPrediction(db.read, parsePredictionKey(params.id)),
  );
}

function isSingle(body: unknown): boolean {
  return !(body instanceof Readable) && isFields(body) && !('labels' in body);
}

function linesOf(
  parts: Parts,
  type: string,
  body: unknown,
  columns: LabelColumns,
): AsyncIterable<string> | Iterable<string> {
  if (body instanceof Readable) {
    const format = TABLES[type as keyof typeof TABLES];
    return format === undefined
      ? renameFields(readLines(body), columns)
      : readTableLines(parts, { body, format, columns });
  }
  if (!isFields(body)) throw platformErrors.UNSUPPORTED_MEDIA_TYPE({ type: type.slice(0, 100) });
  const labels: unknown = 'labels' in body ? body['labels'] : [body];
  return (Array.isArray(labels) ? labels : []).map((label) => JSON.stringify(label));
}

function columnsOf(query: Readonly<Record<string, string | undefined>>): LabelColumns {
  const named = Object.entries(query).flatMap(([name, column]) =>
    column === undefined ? [] : [[name.replace(/_column$/, '') as LabelField, column] as const],
  );
  return Object.fromEntries(named);
}

function keyOf(header: string | readonly string[] | undefined): string | null {
  if (header === undefined) return null;
  const key = String(header);
  if (key.length > 0 && key.length <= LONGEST_KEY) return key;
  throw platformErrors.INVALID_REQUEST({ problem: `Idempotency-Key has 1 to ${LONGEST_KEY} characters.` });
}
