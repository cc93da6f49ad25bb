import type { Context } from '../../context.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import { deleteExperimentTag, findExperiment, findExperimentByName, upsertExperimentTag } from './experiment.store.ts';
import { parseExperimentId, toExperimentJson } from './experiment.ts';
import {
  createExperiment,
  moveExperiment,
  noExperiment,
  renameExperiment,
  requireActiveExperiment,
} from './experiment-life.ts';
import { type AddOperation, list, message, mlflowError, required, text } from './mlflow-protocol/index.ts';
import {
  checkArtifactLocation,
  checkExperimentName,
  checkKeyName,
  checkLength,
  MAX_EXPERIMENT_TAG_VALUE,
} from './names.ts';
import { searchExperiments, searchFields } from './search-experiments.ts';
import type { Pair } from './workspace.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'config'>;

const tag = { key: text(), value: text() };
const one = { experiment_id: required(text()) };

export function experimentOperations(add: AddOperation, parts: Parts): void {
  add({
    method: 'POST',
    path: 'experiments/create',
    jobs: true,
    request: { name: required(text()), artifact_location: text(), tags: list(message(tag)) },
    async handle({ name, artifact_location, tags }, { principal }) {
      refuseJobs(principal, name);
      const id = await createExperiment(parts, {
        name: checkExperimentName(name),
        artifactLocation: checkArtifactLocation(artifact_location),
        artifactRoot: parts.config.artifacts.defaultRoot,
        tags: tags.map(({ key = '', value = '' }) => checkTag({ key, value })),
        actor: principal.name,
      });
      return { experiment_id: String(id) };
    },
  });
  for (const method of ['POST', 'GET'] as const) {
    add({
      method,
      path: 'experiments/search',
      scope: 'read',
      request: searchFields,
      handle: (request) => searchExperiments(parts, request),
    });
  }
  readOperations(add, parts);
  changeOperations(add, parts);
  tagOperations(add, parts);
}

function readOperations(add: AddOperation, { db }: Parts): void {
  add({
    method: 'GET',
    path: 'experiments/get',
    request: one,
    async handle({ experiment_id }) {
      const found = await findExperiment(db.read, parseExperimentId(experiment_id));
      if (!found) throw noExperiment(experiment_id);
      return { experiment: toExperimentJson(found) };
    },
  });
  add({
    method: 'GET',
    path: 'experiments/get-by-name',
    request: { experiment_name: required(text()) },
    async handle({ experiment_name: name }) {
      const found = await findExperimentByName(db.read, name);
      if (!found)
        throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Could not find experiment with name '${name.slice(0, 500)}'`);
      return { experiment: toExperimentJson(found) };
    },
  });
}

function changeOperations(add: AddOperation, parts: Parts): void {
  for (const [path, to] of [
    ['experiments/delete', 'deleted'],
    ['experiments/restore', 'active'],
  ] as const) {
    add({
      method: 'POST',
      path,
      request: one,
      async handle({ experiment_id }, { principal }) {
        await moveExperiment(parts, { id: parseExperimentId(experiment_id), to, actor: principal.name });
        return {};
      },
    });
  }
  add({
    method: 'POST',
    path: 'experiments/update',
    request: { ...one, new_name: required(text()) },
    async handle({ experiment_id, new_name }) {
      await renameExperiment(parts, parseExperimentId(experiment_id), checkExperimentName(new_name));
      return {};
    },
  });
}

function tagOperations(add: AddOperation, { db }: Parts): void {
  add({
    method: 'POST',
    path: 'experiments/set-experiment-tag',
    request: { ...one, key: required(text()), value: text() },
    async handle({ experiment_id, key, value = '' }) {
      const id = parseExperimentId(experiment_id);
      const checked = checkTag({ key, value });
      await db.transaction(async (trx) => {
        await requireActiveExperiment(trx, id);
        await upsertExperimentTag(trx, id, checked);
      });
      return {};
    },
  });
  add({
    method: 'POST',
    path: 'experiments/delete-experiment-tag',
    request: { ...one, key: required(text()) },
    async handle({ experiment_id, key }) {
      const id = parseExperimentId(experiment_id);
      await db.transaction(async (trx) => {
        await requireActiveExperiment(trx, id);
        if (await deleteExperimentTag(trx, id, key)) return;
        const name = key.slice(0, 300);
        throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${name} in experiment with id ${id}`);
      });
      return {};
    },
  });
}

function refuseJobs(principal: Principal, name: string): void {
  if (principal.kind !== 'job') return;
  throw mlflowError(
    'PERMISSION_DENIED',
    `The token of a job may write to the job's own runs only, so the experiment '${name.slice(0, 100)}' cannot be made here. ` +
      'Submit the job with that experiment (`bucle jobs run --experiment NAME`), or create it beforehand.',
  );
}

function checkTag(given: Pair): Pair {
  checkKeyName(given.key, 'key');
  checkLength(given.value, 'value', MAX_EXPERIMENT_TAG_VALUE);
  return given;
}
