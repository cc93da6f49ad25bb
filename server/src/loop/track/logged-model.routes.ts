import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { hexId, randomInteger } from '../../platform/ids.ts';
import { findExperiment } from './experiment.store.ts';
import { parseExperimentId } from './experiment.ts';
import { noExperiment, requireActive } from './experiment-life.ts';
import { listBelow } from './list-artifacts.ts';
import {
  deleteModelTag,
  findLoggedModel,
  insertLoggedModel,
  updateLoggedModel,
  upsertModelPairs,
} from './logged-model.store.ts';
import { checkModelName, type LoggedModel, MODEL_STATUSES, toModelJson } from './logged-model.ts';
import {
  type AddOperation,
  choice,
  flag,
  list,
  message,
  mlflowError,
  required,
  text,
} from './mlflow-protocol/index.ts';
import { checkLength, MAX_KEY } from './names.ts';
import { withoutRepeats } from './note-model-version.ts';
import { checkOwnModel, requireModel, requireOwnModel } from './require-run.ts';
import { joinUri, randomName } from './run.ts';
import { searchFields, searchLoggedModels } from './search-logged-models.ts';
import type { Pair } from './workspace.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock'>;

const modelId = required(text());
const pair = message({ key: required(text()), value: text() });

export function loggedModelOperations(add: AddOperation, parts: Parts): void {
  createOperation(add, parts);
  finalizeOperation(add, parts);
  readOperations(add, parts);
  deleteOperation(add, parts);
  pairOperations(add, parts);
}

function createOperation(add: AddOperation, { db, clock }: Parts): void {
  add({
    method: 'POST',
    path: 'logged-models',
    jobs: true,
    request: {
      experiment_id: required(text()),
      name: text(),
      model_type: text(),
      source_run_id: text(),
      params: list(pair),
      tags: list(pair),
    },
    async handle({ experiment_id, name, model_type, source_run_id, params, tags }, { principal }) {
      const now = clock.now();
      const id = `m-${hexId()}`;
      const experiment = parseExperimentId(experiment_id);
      const known = name ? checkModelName(name) : randomName(randomInteger);
      await db.transaction(async (trx) => {
        const found = await findExperiment(trx, experiment);
        if (!found) throw noExperiment(experiment_id);
        requireActive(found);
        const model: LoggedModel = {
          ...{ id, experiment, name: known, modelType: model_type || null, sourceRun: source_run_id || null },
          ...{ status: 'LOGGED_MODEL_PENDING', lifecycle: 'active', golden: null, createdAt: now, updatedAt: now },
          artifactUri: joinUri(found.artifactLocation, `models/${id}/artifacts`),
        };
        await checkOwnModel(trx, model, principal);
        await insertLoggedModel(trx, model);
        await upsertModelPairs(trx, 'logged_model_params', id, checkPairs(params));
        await upsertModelPairs(trx, 'logged_model_tags', id, checkPairs(tags));
      });
      return answer(db, id);
    },
  });
}

function finalizeOperation(add: AddOperation, { db, clock }: Parts): void {
  add({
    method: 'PATCH',
    path: 'logged-models/:model_id',
    jobs: true,
    request: { model_id: modelId, status: required(choice(MODEL_STATUSES)) },
    async handle({ model_id, status }, { principal }) {
      await db.transaction(async (trx) => {
        await db.lock(trx, `logged-model:${model_id}`);
        const model = await requireOwnModel(trx, model_id, principal);
        await updateLoggedModel(trx, model.id, { status, updated_at: clock.now() });
        if (model.status === status || status === 'LOGGED_MODEL_PENDING') return;
        const type = status === 'LOGGED_MODEL_READY' ? 'model.logged' : 'model.failed';
        const data = { experiment: String(model.experiment), name: model.name, run: model.sourceRun };
        await appendEvent(
          trx,
          { clock },
          { type, subject: `logged-model:${model.id}`, cause: causeOf(model), actor: principal.name, data },
        );
      });
      return answer(db, model_id);
    },
  });
}

function readOperations(add: AddOperation, { db, blobs }: Parts): void {
  add({
    method: 'GET',
    path: 'logged-models/:model_id',
    request: { model_id: modelId, allow_deleted: flag() },
    async handle({ model_id, allow_deleted }) {
      await requireModel(db.read, model_id, { allowDeleted: allow_deleted === true });
      return answer(db, model_id);
    },
  });
  add({
    method: 'POST',
    path: 'logged-models/search',
    scope: 'read',
    request: searchFields,
    handle: (request) => searchLoggedModels({ db }, request),
  });
  add({
    method: 'GET',
    path: 'logged-models/:model_id/artifacts/directories',
    request: { model_id: modelId, artifact_directory_path: text() },
    async handle({ model_id, artifact_directory_path = '' }) {
      const { artifactUri } = await requireModel(db.read, model_id);
      return { root_uri: artifactUri, files: await listBelow({ blobs }, artifactUri, artifact_directory_path) };
    },
  });
}

function deleteOperation(add: AddOperation, { db, clock }: Parts): void {
  add({
    method: 'DELETE',
    path: 'logged-models/:model_id',
    request: { model_id: modelId },
    async handle({ model_id }, { principal }) {
      await db.transaction(async (trx) => {
        await db.lock(trx, `logged-model:${model_id}`);
        const model = await requireOwnModel(trx, model_id, principal);
        await updateLoggedModel(trx, model.id, { lifecycle: 'deleted', updated_at: clock.now() });
        const subject = `logged-model:${model.id}`;
        await appendEvent(trx, { clock }, { type: 'model.deleted', subject, actor: principal.name });
      });
      return {};
    },
  });
}

function pairOperations(add: AddOperation, { db, clock }: Parts): void {
  for (const [method, path, field, table] of [
    ['PATCH', 'logged-models/:model_id/tags', 'tags', 'logged_model_tags'],
    ['POST', 'logged-models/:model_id/params', 'params', 'logged_model_params'],
  ] as const) {
    add({
      method,
      path,
      jobs: true,
      request: { model_id: modelId, tags: list(pair), params: list(pair) },
      async handle(request, { principal }) {
        const given = checkPairs(request[field]);
        const pairs = field === 'tags' ? given.map(withoutRepeats) : given;
        await db.transaction(async (trx) => {
          const model = await requireOwnModel(trx, request.model_id, principal);
          await upsertModelPairs(trx, table, model.id, pairs);
          await updateLoggedModel(trx, model.id, { updated_at: clock.now() });
        });
        return {};
      },
    });
  }
  add({
    method: 'DELETE',
    path: 'logged-models/:model_id/tags/:tag_key',
    jobs: true,
    request: { model_id: modelId, tag_key: required(text()) },
    async handle({ model_id, tag_key }, { principal }) {
      await db.transaction(async (trx) => {
        const model = await requireOwnModel(trx, model_id, principal);
        if (await deleteModelTag(trx, model.id, tag_key)) return;
        throw mlflowError(
          'RESOURCE_DOES_NOT_EXIST',
          `No tag with key '${tag_key.slice(0, 300)}' found for model with ID '${model.id}'.`,
        );
      });
      return {};
    },
  });
}

async function answer(db: Parts['db'], id: string) {
  const model = await findLoggedModel(db.read, id);
  if (!model) throw new Error(`The logged model ${id} is not there right after it was written.`);
  return { model: toModelJson(model) };
}

function causeOf({ sourceRun }: LoggedModel): string | null {
  return sourceRun === null ? null : `run:${sourceRun}`;
}

/** Values of any length: a tag of them holds JSON that grows with each registered version. */
function checkPairs(given: readonly { key: string; value: string | undefined }[]): Pair[] {
  return given.map(({ key, value = '' }) => {
    checkLength(key, 'key', MAX_KEY);
    return { key, value };
  });
}
