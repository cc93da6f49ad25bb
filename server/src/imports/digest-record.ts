import type { ExperimentRecord, LoggedModelRecord, RegisteredModelRecord, RunRecord } from './record.ts';
import { digestRows, type SetDigest } from './set-hash.ts';

/** What is compared, part by part: `params` → how many and which. */
export type Digests = Readonly<Record<string, SetDigest>>;

type Row = readonly (string | number | null)[];
interface Pair {
  readonly key: string;
  readonly value: string;
}

/** `id`: that it has in Bucle. `root`: experiments without a place of their own are below it. */
export function digestExperiment(
  record: Omit<ExperimentRecord, 'source_id'>,
  { id, root }: { readonly id: number; readonly root: string },
): Digests {
  const { name, lifecycle, artifact_location, created_at, updated_at, tags } = record;
  const location = artifact_location ?? `${root}/${id}`;
  return {
    experiments: digestRows([[id, name, lifecycle, location, created_at, updated_at]]),
    'experiment tags': digestRows(pairRows(String(id), tags)),
  };
}

export function digestRun(record: RunRecord): Digests {
  const { id, experiment, name, user, status, lifecycle, start_time, end_time, artifact_uri } = record;
  const links = (direction: string, list: RunRecord['model_inputs']): Row[] =>
    list.map(({ model, step }) => [id, direction, model, step]);
  return {
    runs: digestRows([[id, experiment, name, user, status, lifecycle, start_time, end_time, artifact_uri]]),
    params: digestRows(pairRows(id, record.params)),
    tags: digestRows(pairRows(id, record.tags)),
    inputs: digestRows(record.inputs.map((input) => inputRow(id, input))),
    'model inputs and outputs': digestRows([
      ...links('input', record.model_inputs),
      ...links('output', record.model_outputs),
    ]),
  };
}

export function pointRow(run: string, key: string, point: PointParts): Row {
  const { timestamp, step, value } = point;
  // SQLite keeps no negative zero.
  return [run, key, timestamp, step, Number.isNaN(value) ? 'NaN' : value === 0 ? 0 : value];
}

export interface PointParts {
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
}

export function digestLoggedModel(record: LoggedModelRecord): Digests {
  const { id, experiment, name, model_type, status, lifecycle, source_run, artifact_uri } = record;
  const { created_at, updated_at } = record;
  const parts = [id, experiment, name, orNull(model_type), status, lifecycle, orNull(source_run), artifact_uri];
  return {
    'logged models': digestRows([[...parts, created_at, updated_at]]),
    'logged model params': digestRows(pairRows(id, record.params)),
    'logged model tags': digestRows(pairRows(id, record.tags)),
    'logged model metrics': digestRows(
      record.metrics.map(({ key, timestamp, step, value, run, dataset_name, dataset_digest }) => [
        ...pointRow(id, key, { timestamp, step, value: Number(value) }),
        ...[run, orNull(dataset_name), orNull(dataset_digest)],
      ]),
    ),
  };
}

export function digestRegisteredModel(record: RegisteredModelRecord): Digests {
  const { name, description, created_at, updated_at, last_number, tags, aliases, versions } = record;
  return {
    'registered models': digestRows([[name, orNull(description), created_at, updated_at, last_number]]),
    'registered model tags': digestRows(pairRows(name, tags)),
    aliases: digestRows(aliases.map(({ alias, number }) => [name, alias, number])),
    'model versions': digestRows(versions.map((version) => versionRow(name, version))),
    'model version tags': digestRows(versions.flatMap(({ number, tags }) => pairRows(`${name}/${number}`, tags))),
  };
}

function versionRow(name: string, version: RegisteredModelRecord['versions'][number]): Row {
  const { number, source, location, model_id, run, run_link, description, stage } = version;
  const links = [orNull(model_id), orNull(run), orNull(run_link), orNull(description)];
  return [name, number, source, location, ...links, stage, version.created_at, version.created_by, version.updated_at];
}

function inputRow(run: string, input: RunRecord['inputs'][number]): Row {
  const { name, digest, source_type, source, schema, profile } = input;
  const tags = pairRows('', input.tags)
    .map((row) => JSON.stringify(row))
    .sort();
  return [run, name, digest, source_type, source, orNull(schema), orNull(profile), ...tags];
}

function pairRows(owner: string, pairs: readonly Pair[]): Row[] {
  return pairs.map(({ key, value }) => [owner, key, value]);
}

/** MLflow and its clients do not tell an empty text from none. */
function orNull(text: string | null): string | null {
  return text === '' ? null : text;
}
