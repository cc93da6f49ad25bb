import type { Context } from '../../context.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import {
  type AddOperation,
  checkKeyName,
  checkMaxResults,
  decodePageToken,
  encodePageToken,
  flag,
  required,
  text,
} from '../track/index.ts';
import { addVersion } from './add-version.ts';
import { changeVersion } from './change-version.ts';
import { deleteVersion } from './delete-version.ts';
import { lockModels } from './lock-model.ts';
import {
  checkName,
  checkStage,
  checkTag,
  checkTags,
  checkVersion,
  name,
  paging,
  tags,
  tagsOf,
  version,
} from './mlflow-fields.ts';
import { modelNotFound, versionNotFound } from './mlflow-refusals.ts';
import { toMlflowVersion } from './mlflow-view.ts';
import { modelExists } from './model.store.ts';
import { isPrompt, type ModelVersion, type VersionKey } from './model.ts';
import { requireOwnOrigin, requireOwnRun } from './require-own-run.ts';
import { resolveSource } from './resolve-source.ts';
import { searchVersions } from './search.store.ts';
import { parseVersionSearch } from './search.ts';
import { tellVersionTag } from './tell-registry.ts';
import { transitionStage } from './transition-stage.ts';
import { deleteVersionTag, findVersion, setVersionTag, updateVersion } from './version.store.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

const DEFAULT_RESULTS = 10_000;
const MOST_RESULTS = 200_000;

/** MLflow's operations on model versions. A job's token may write versions of its own runs only. */
export function modelVersionOperations(add: AddOperation, parts: Parts): void {
  createOperation(add, parts);
  changeOperations(add, parts);
  readOperations(add, parts);
  tagOperations(add, parts);
}

function createOperation(add: AddOperation, parts: Parts): void {
  const { db } = parts;
  add({
    method: 'POST',
    path: 'model-versions/create',
    jobs: true,
    request: {
      ...{ name, source: required(text()), run_id: text(), model_id: text() },
      ...{ tags, run_link: text(), description: text() },
    },
    async handle(request, { principal }) {
      const { run_id: runId, model_id: modelId } = request;
      const prompt = isPrompt(tagsOf(request.tags));
      const origin = await resolveSource(parts, { source: request.source, runId, modelId, prompt });
      await requireOwnOrigin(parts, principal, origin);
      checkName(request.name);
      const versionTags = checkTags(request.tags, 'version');
      const created = await db.transaction(async (trx) => {
        await lockModels(parts, trx, request.name);
        if (!(await modelExists(trx, request.name))) throw modelNotFound(request.name);
        return addVersion(parts, trx, {
          ...{ name: request.name, origin, tags: versionTags },
          ...{ description: request.description ?? '', runLink: request.run_link ?? null },
          ...{ actor: principal.name, cause: null },
        });
      });
      return { model_version: toMlflowVersion(created) };
    },
  });
}

function changeOperations(add: AddOperation, parts: Parts): void {
  add({
    method: 'PATCH',
    path: 'model-versions/update',
    jobs: true,
    request: { name, version, description: text() },
    async handle(request, { principal }) {
      const description = request.description ?? null;
      const key = toKey(request);
      await requireOwnVersion(parts, principal, key);
      const changed = await changeVersion(parts, key, (trx) =>
        updateVersion(trx, key, { description, updated_at: parts.clock.now() }),
      );
      return { model_version: toMlflowVersion(changed) };
    },
  });
  add({
    method: 'POST',
    path: 'model-versions/transition-stage',
    request: { name, version, stage: required(text()), archive_existing_versions: flag() },
    async handle(request, { principal }) {
      const moved = await transitionStage(parts, {
        key: toKey(request),
        stage: checkStage(request.stage),
        written: request.stage,
        archiveOthers: request.archive_existing_versions ?? false,
        actor: principal.name,
      });
      return { model_version: toMlflowVersion(moved) };
    },
  });
  add({
    method: 'DELETE',
    path: 'model-versions/delete',
    request: { name, version },
    async handle(request, { principal }) {
      await deleteVersion(parts, toKey(request), principal.name);
      return {};
    },
  });
}

function readOperations(add: AddOperation, parts: Parts): void {
  add({
    method: 'GET',
    path: 'model-versions/get',
    request: { name, version },
    handle: async (request) => ({ model_version: toMlflowVersion(await requireVersion(parts, toKey(request))) }),
  });
  add({
    method: 'GET',
    path: 'model-versions/get-download-uri',
    request: { name, version },
    handle: async (request) => ({ artifact_uri: (await requireVersion(parts, toKey(request))).location }),
  });
  add({
    method: 'GET',
    path: 'model-versions/search',
    request: paging,
    async handle({ filter, max_results, order_by, page_token }) {
      const search = parseVersionSearch(filter, order_by);
      const query = ['model-versions', filter ?? '', order_by];
      const after = decodePageToken(page_token, query);
      const limit = checkMaxResults(max_results ?? DEFAULT_RESULTS, MOST_RESULTS);
      const { found, next } = await searchVersions(parts, search, { after, limit });
      return { model_versions: found.map(toMlflowVersion), next_page_token: next && encodePageToken(next, query) };
    },
  });
}

function tagOperations(add: AddOperation, parts: Parts): void {
  add({
    method: 'POST',
    path: 'model-versions/set-tag',
    jobs: true,
    request: { name, version, key: required(text()), value: text() },
    async handle(request, { principal }) {
      const [key, value] = checkTag(request.key, request.value, 'version');
      await requireOwnVersion(parts, principal, toKey(request));
      await changeVersion(parts, toKey(request), async (trx, found) => {
        await setVersionTag(trx, found, key, value);
        await tellVersionTag(parts, trx, found, { key, value });
      });
      return {};
    },
  });
  add({
    method: 'DELETE',
    path: 'model-versions/delete-tag',
    jobs: true,
    request: { name, version, key: required(text()) },
    async handle(request, { principal }) {
      checkKeyName(request.key, 'key');
      await requireOwnVersion(parts, principal, toKey(request));
      await changeVersion(parts, toKey(request), async (trx, found) => {
        await deleteVersionTag(trx, found, request.key);
        await tellVersionTag(parts, trx, found, { key: request.key, value: null });
      });
      return {};
    },
  });
}

async function requireVersion({ db }: Parts, key: VersionKey): Promise<ModelVersion> {
  const found = await findVersion(db.read, key);
  if (!found) throw versionNotFound(key);
  return found;
}

/** The run of a version never changes, so that this holds until the version is gone. */
async function requireOwnVersion(parts: Parts, principal: Principal, key: VersionKey): Promise<void> {
  if (principal.kind === 'job') await requireOwnRun(parts, principal, (await requireVersion(parts, key)).run);
}

function toKey(request: { readonly name: string; readonly version: string }): VersionKey {
  return { name: checkName(request.name), number: checkVersion(request.version) };
}
