import type { Context } from '../../context.ts';
import {
  type AddOperation,
  checkKeyName,
  checkMaxResults,
  decodePageToken,
  encodePageToken,
  list,
  required,
  text,
} from '../track/index.ts';
import { createModel } from './create-model.ts';
import { deleteModel } from './delete-model.ts';
import { lockModels } from './lock-model.ts';
import { checkName, checkStage, checkTag, checkTags, name, paging, tags } from './mlflow-fields.ts';
import { modelExistsAlready, modelNotFound } from './mlflow-refusals.ts';
import { toMlflowModel, toMlflowVersion } from './mlflow-view.ts';
import { deleteModelTag, findModel, modelExists, setModelTag, updateDescription } from './model.store.ts';
import { isPrompt, type Tags } from './model.ts';
import { renameModel } from './rename-model.ts';
import { searchModels } from './search.store.ts';
import { parseModelSearch } from './search.ts';
import { tellModelTag } from './tell-registry.ts';
import { listNewestPerStage } from './version.store.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

const DEFAULT_RESULTS = 100;
const MOST_RESULTS = 1_000;

/** MLflow's operations on registered models. */
export function registeredModelOperations(add: AddOperation, parts: Parts): void {
  changeOperations(add, parts);
  readOperations(add, parts);
  tagOperations(add, parts);
}

function changeOperations(add: AddOperation, parts: Parts): void {
  const { db, clock } = parts;
  add({
    method: 'POST',
    path: 'registered-models/create',
    // Clients make sure of the model before they register a version of it; an empty one harms nobody.
    jobs: true,
    request: { name, tags, description: text() },
    async handle(request, { principal }) {
      const given = {
        name: checkName(request.name),
        description: request.description ?? null,
        tags: checkTags(request.tags, 'model'),
        actor: principal.name,
        cause: null,
      };
      await db.transaction(async (trx) => {
        await lockModels(parts, trx, given.name);
        if (await createModel(parts, trx, given)) return;
        const existing = await findModel(trx, given.name);
        throw modelExistsAlready(given.name, kindOf(existing?.tags ?? {}), kindOf(given.tags));
      });
      return { registered_model: await viewModel(parts, given.name) };
    },
  });
  add({
    method: 'POST',
    path: 'registered-models/rename',
    request: { name, new_name: required(text()) },
    async handle(request, { principal }) {
      const newName = checkName(request.new_name, 'new_name');
      await renameModel(parts, { name: checkName(request.name), newName, actor: principal.name });
      return { registered_model: await viewModel(parts, newName) };
    },
  });
  add({
    method: 'PATCH',
    path: 'registered-models/update',
    request: { name, description: text() },
    async handle(request) {
      checkName(request.name);
      const change = { description: request.description ?? null, now: clock.now() };
      const found = await db.transaction((trx) => updateDescription(trx, request.name, change));
      if (!found) throw modelNotFound(request.name);
      return { registered_model: await viewModel(parts, request.name) };
    },
  });
  add({
    method: 'DELETE',
    path: 'registered-models/delete',
    request: { name },
    async handle(request, { principal }) {
      await deleteModel(parts, { name: checkName(request.name), actor: principal.name });
      return {};
    },
  });
}

function readOperations(add: AddOperation, parts: Parts): void {
  const { db } = parts;
  add({
    method: 'GET',
    path: 'registered-models/get',
    request: { name },
    handle: async (request) => ({ registered_model: await viewModel(parts, checkName(request.name)) }),
  });
  add({
    method: 'GET',
    path: 'registered-models/search',
    request: paging,
    async handle({ filter, max_results, order_by, page_token }) {
      const search = parseModelSearch(filter, order_by);
      const query = ['registered-models', filter ?? '', order_by];
      const after = decodePageToken(page_token, query);
      const limit = checkMaxResults(max_results ?? DEFAULT_RESULTS, MOST_RESULTS);
      const { found, next } = await searchModels(parts, search, { after, limit });
      const names = found.map((model) => model.name);
      const latest = await listNewestPerStage(db.scan, names);
      return {
        registered_models: found.map((model) =>
          toMlflowModel(
            model,
            latest.filter((one) => one.name === model.name),
          ),
        ),
        next_page_token: next && encodePageToken(next, query),
      };
    },
  });
  for (const method of ['GET', 'POST'] as const) {
    add({
      ...{ method, path: 'registered-models/get-latest-versions', scope: 'read' },
      request: { name, stages: list(text()) },
      async handle(request) {
        if (!(await modelExists(db.read, checkName(request.name)))) throw modelNotFound(request.name);
        const wanted = request.stages.map(checkStage);
        const latest = await listNewestPerStage(db.read, [request.name]);
        const shown = wanted.length === 0 ? latest : latest.filter(({ stage }) => wanted.includes(stage));
        return { model_versions: shown.map(toMlflowVersion) };
      },
    });
  }
}

function tagOperations(add: AddOperation, parts: Parts): void {
  const { db } = parts;
  add({
    method: 'POST',
    path: 'registered-models/set-tag',
    request: { name, key: required(text()), value: text() },
    async handle(request) {
      checkName(request.name);
      const [key, value] = checkTag(request.key, request.value, 'model');
      await db.transaction(async (trx) => {
        await lockModels(parts, trx, request.name);
        if (!(await modelExists(trx, request.name))) throw modelNotFound(request.name);
        await setModelTag(trx, request.name, key, value);
        await tellModelTag(parts, trx, request.name, { key, value });
      });
      return {};
    },
  });
  add({
    method: 'DELETE',
    path: 'registered-models/delete-tag',
    request: { name, key: required(text()) },
    async handle(request) {
      checkName(request.name);
      checkKeyName(request.key, 'key');
      await db.transaction(async (trx) => {
        await lockModels(parts, trx, request.name);
        if (!(await modelExists(trx, request.name))) throw modelNotFound(request.name);
        await tellModelTag(parts, trx, request.name, { key: request.key, value: null });
        await deleteModelTag(trx, request.name, request.key);
      });
      return {};
    },
  });
}

async function viewModel({ db }: Parts, modelName: string) {
  const model = await findModel(db.read, modelName);
  if (!model) throw modelNotFound(modelName);
  return toMlflowModel(model, await listNewestPerStage(db.read, [modelName]));
}

function kindOf(given: Tags): 'prompt' | 'registered model' {
  return isPrompt(given) ? 'prompt' : 'registered model';
}
