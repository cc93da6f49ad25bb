import type { Context } from '../../context.ts';
import { insertRunModels, upsertInput } from './input.store.ts';
import { type Batch, fixedTag, type LoggedPoint, logBatch } from './log-batch.ts';
import {
  type AddOperation,
  double,
  integer,
  invalidParameter,
  list,
  message,
  mlflowError,
  pythonJson,
  pythonSet,
  required,
  text,
} from './mlflow-protocol/index.ts';
import { checkKeyName, checkLength, MAX_PARAM_VALUE, MAX_RUN_TAG_VALUE, truncate } from './names.ts';
import { requireWritableRun } from './require-run.ts';
import { runId } from './run.routes.ts';
import { deleteRunTag, findRunTag, upsertRunTags } from './run.store.ts';
import { type DatasetInput, JOB_TAG } from './run.ts';

type Parts = Pick<Context, 'db'>;

const metricFields = {
  key: required(text()),
  value: required(double()),
  timestamp: required(integer()),
  step: integer(),
  model_id: text(),
  dataset_name: text(),
  dataset_digest: text(),
};
const pair = { key: required(text()), value: text() };
const nothing: Batch = { metrics: [], params: [], tags: [] };

export function loggingOperations(add: AddOperation, parts: Parts): void {
  singleOperations(add, parts);
  batchOperation(add, parts);
  deleteTagOperation(add, parts);
  inputOperations(add, parts);
  legacyModelOperation(add, parts);
}

function singleOperations(add: AddOperation, parts: Parts): void {
  add({
    method: 'POST',
    path: 'runs/log-metric',
    jobs: true,
    request: { run_id: runId, ...metricFields },
    async handle({ run_id: run, ...metric }, { principal }) {
      await logBatch(parts, { run, principal, batch: { ...nothing, metrics: [toMetric(metric, '')] } });
      return {};
    },
  });
  add({
    method: 'POST',
    path: 'runs/log-parameter',
    jobs: true,
    request: { run_id: runId, ...pair },
    async handle({ run_id: run, ...param }, { principal }) {
      await logBatch(parts, { run, principal, batch: { ...nothing, params: [toParam(param, 'key')], single: true } });
      return {};
    },
  });
  add({
    method: 'POST',
    path: 'runs/set-tag',
    jobs: true,
    request: { run_id: runId, ...pair },
    async handle({ run_id: run, ...tag }, { principal }) {
      await logBatch(parts, { run, principal, batch: { ...nothing, tags: [toTag(tag, 'key')] } });
      return {};
    },
  });
}

function batchOperation(add: AddOperation, parts: Parts): void {
  add({
    method: 'POST',
    path: 'runs/log-batch',
    jobs: true,
    request: {
      run_id: runId,
      metrics: list(message(metricFields)),
      params: list(message(pair)),
      tags: list(message(pair)),
    },
    async handle({ run_id, metrics, params, tags }, { principal }) {
      checkRunId(run_id);
      const batch: Batch = {
        metrics: metrics.map((metric, i) => toMetric(metric, `metrics[${i}].`)),
        params: params.map((param, i) => toParam(param, `params[${i}].key`)),
        tags: tags.map((tag, i) => toTag(tag, `tags[${i}].key`)),
      };
      checkCount('metrics', metrics.length, 1_000);
      checkCount('params', params.length, 100);
      checkCount('tags', tags.length, 100);
      checkCount('metrics, params, and tags', metrics.length + params.length + tags.length, 1_000);
      await logBatch(parts, { run: run_id, principal, batch });
      return {};
    },
  });
}

function deleteTagOperation(add: AddOperation, { db }: Parts): void {
  add({
    method: 'POST',
    path: 'runs/delete-tag',
    jobs: true,
    request: { run_id: runId, key: required(text()) },
    async handle({ run_id, key }, { principal }) {
      if (key === JOB_TAG) throw fixedTag();
      await db.transaction(async (trx) => {
        const run = await requireWritableRun(trx, run_id, principal);
        if (await deleteRunTag(trx, run.id, key)) return;
        throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key.slice(0, 300)} in run with id ${run.id}`);
      });
      return {};
    },
  });
}

const dataset = message({
  name: required(text()),
  digest: required(text()),
  source_type: text(),
  source: text(),
  schema: text(),
  profile: text(),
});
const inputTag = message({ key: required(text()), value: text() });

function inputOperations(add: AddOperation, { db }: Parts): void {
  add({
    method: 'POST',
    path: 'runs/log-inputs',
    jobs: true,
    request: {
      run_id: runId,
      datasets: list(message({ tags: list(inputTag), dataset: required(dataset) })),
      models: list(message({ model_id: required(text()) })),
    },
    async handle({ run_id, datasets, models }, { principal }) {
      checkRunId(run_id);
      const inputs = datasets.map(toInput);
      await db.transaction(async (trx) => {
        await db.lock(trx, `run:${run_id}`);
        const { id: run, experiment } = await requireWritableRun(trx, run_id, principal);
        for (const input of inputs) await upsertInput(trx, { run, experiment, input });
        const linked = models.map(({ model_id }) => ({ model: model_id, step: 0 }));
        await insertRunModels(trx, run, 'input', linked);
      });
      return {};
    },
  });
  add({
    method: 'POST',
    path: 'runs/outputs',
    jobs: true,
    request: { run_id: runId, models: required(list(message({ model_id: required(text()), step: integer() }))) },
    async handle({ run_id, models }, { principal }) {
      await db.transaction(async (trx) => {
        await db.lock(trx, `run:${run_id}`);
        const run = await requireWritableRun(trx, run_id, principal);
        const linked = models.map(({ model_id, step = 0 }) => ({ model: model_id, step }));
        await insertRunModels(trx, run.id, 'output', linked);
      });
      return {};
    },
  });
}

const HISTORY_TAG = 'mlflow.log-model.history';

/** How clients before MLflow 3 tell of a model: a JSON list in a tag. */
function legacyModelOperation(add: AddOperation, { db }: Parts): void {
  add({
    method: 'POST',
    path: 'runs/log-model',
    jobs: true,
    request: { run_id: runId, model_json: required(text()) },
    async handle({ run_id, model_json }, { principal }) {
      const model = parseModelJson(model_json);
      await db.transaction(async (trx) => {
        await db.lock(trx, `run:${run_id}`);
        const run = await requireWritableRun(trx, run_id, principal);
        const history = parseHistory((await findRunTag(trx, run.id, HISTORY_TAG)) ?? '[]');
        await upsertRunTags(trx, run.id, [{ key: HISTORY_TAG, value: JSON.stringify([...history, model]) }]);
      });
      return {};
    },
  });
}

/** Clients may have set the tag themselves. */
function parseHistory(text: string): unknown[] {
  try {
    const history = JSON.parse(text) as unknown;
    if (Array.isArray(history)) return history;
  } catch {
    // It is told below.
  }
  throw invalidParameter(`The tag '${HISTORY_TAG}' of the run is no JSON list: delete it, and log the model again.`);
}

function parseModelJson(text: string): Record<string, unknown> {
  let model: unknown;
  try {
    model = JSON.parse(text);
    // It is written again: what is nested too deep for that is refused here.
    JSON.stringify(model);
  } catch (error) {
    const shown = `Malformed model info. \n ${text.slice(0, 300)} \n is not a valid JSON.`;
    throw mlflowError('INVALID_PARAMETER_VALUE', shown, { cause: error });
  }
  const fields = typeof model === 'object' && model !== null ? (model as Record<string, unknown>) : {};
  const missing = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'].filter((name) => !(name in fields));
  if (missing.length > 0) throw invalidParameter(`Model json is missing mandatory fields: ${pythonSet(missing)}`);
  return fields;
}

type GivenMetric = {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number | undefined;
  readonly model_id: string | undefined;
  readonly dataset_name: string | undefined;
  readonly dataset_digest: string | undefined;
};

function toMetric(given: GivenMetric, path: string): LoggedPoint {
  const { key, value, timestamp, step = 0 } = given;
  checkKeyName(key, `${path}name`, 'Metric name');
  if (timestamp < 0) {
    throw invalidParameter(
      `Invalid value ${timestamp} for parameter '${path}timestamp' supplied: metric '${key}' (value=${pythonFloat(value)}). ` +
        'Timestamp must be a nonnegative long (64-bit integer) ',
    );
  }
  const model = given.model_id || null;
  return {
    key,
    value,
    timestamp,
    step,
    model,
    datasetName: given.dataset_name || null,
    datasetDigest: given.dataset_digest || null,
  };
}

function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
}

/** @throws INVALID_PARAMETER_VALUE */
function checkRunId(id: string): void {
  if (!/^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u.test(id)) {
    throw invalidParameter(`Invalid value ${pythonJson(id)} for parameter 'run_id' supplied.`);
  }
}

function toParam({ key, value = '' }: { key: string; value: string | undefined }, parameter: string) {
  checkKeyName(key, parameter, 'Param key');
  return { key, value: truncate(value, MAX_PARAM_VALUE) };
}

function toTag({ key, value = '' }: { key: string; value: string | undefined }, parameter: string) {
  checkKeyName(key, parameter);
  return { key, value: truncate(value, MAX_RUN_TAG_VALUE) };
}

function checkCount(what: string, count: number, most: number): void {
  if (count <= most) return;
  throw invalidParameter(
    `A batch logging request can contain at most ${most} ${what}. Got ${count} ${what}. ` +
      `Please split up ${what} across multiple requests and try again.`,
  );
}

interface GivenInput {
  readonly tags: readonly { readonly key: string; readonly value: string | undefined }[];
  readonly dataset: Partial<Record<'source_type' | 'source' | 'schema' | 'profile', string | undefined>> & {
    readonly name: string;
    readonly digest: string;
  };
}

function toInput({ tags, dataset }: GivenInput): DatasetInput {
  const { name, digest, source_type = '', source = '', schema, profile } = dataset;
  checkLength(name, 'name', 500);
  checkLength(digest, 'digest', 36);
  checkLength(source, 'source', 65_535);
  checkLength(schema ?? '', 'schema', 1_048_575);
  checkLength(profile ?? '', 'profile', 16_777_215);
  for (const { key, value = '' } of tags) {
    checkLength(key, 'key', 255);
    checkLength(value, 'value', 500);
  }
  return {
    dataset: { name, digest, source_type, source, schema, profile },
    tags: tags.map(({ key, value = '' }) => ({ key, value })),
  };
}
