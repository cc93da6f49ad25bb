import type { Context } from '../../context.ts';
import type { Db } from '../../database.ts';
import { findLoggedModel, findRun, type LoggedModel, listLoggedModelsOfRun } from '../track/index.ts';
import { findJob, listAttempts } from '../train/index.ts';
import { addVersion } from './add-version.ts';
import { createModel } from './create-model.ts';
import { registryErrors } from './errors.ts';
import { lockModels } from './lock-model.ts';
import { findModel } from './model.store.ts';
import { isPrompt, type ModelVersion, modelNameProblem } from './model.ts';
import { originOf } from './resolve-source.ts';
import { findVersionOfLoggedModel } from './version.store.ts';

export interface Registration {
  readonly name: string;
  /** `run:…`, `job:…`, `model:m-…` */
  readonly from: string;
  readonly description: string | null;
  readonly actor: string;
  readonly cause: string | null;
}

/**
 * Makes a version of a logged model, and the registered model when there is none. The same logged model under the
 * same name is the version that it already is.
 * @throws REGISTRY_INVALID_NAME, REGISTRY_IS_PROMPT, and what says why `from` is no logged model
 */
export async function registerLoggedModel(
  parts: Pick<Context, 'db' | 'clock'>,
  given: Registration,
): Promise<{ version: ModelVersion; created: boolean }> {
  const { db } = parts;
  const { name, description, actor, cause } = given;
  const problem = modelNameProblem(name);
  if (problem !== null) throw registryErrors.INVALID_NAME({ problem });
  const model = await findOrigin(db.read, given.from);
  return db.transaction(async (trx) => {
    await lockModels(parts, trx, name);
    const existing = await findVersionOfLoggedModel(trx, name, model.id);
    if (existing) return { version: existing, created: false };
    const registered = await findModel(trx, name);
    if (registered && isPrompt(registered.tags)) throw registryErrors.IS_PROMPT({ name });
    if (!registered) await createModel(parts, trx, { name, description: null, tags: {}, actor, cause });
    const version = await addVersion(parts, trx, {
      ...{ name, origin: originOf(model), description, runLink: null, tags: {}, actor, cause },
    });
    return { version, created: true };
  });
}

async function findOrigin(db: Db, from: string): Promise<LoggedModel> {
  const [, kind, id = ''] = /^(run|job|model):(.+)$/.exec(from) ?? [];
  switch (kind) {
    case 'model':
      return readyModel(db, id);
    case 'run':
      return onlyModelOf(db, id);
    case 'job':
      return onlyModelOf(db, await runOfJob(db, id));
    default:
      throw registryErrors.INVALID_ORIGIN({ from });
  }
}

async function readyModel(db: Db, id: string): Promise<LoggedModel> {
  const model = await findLoggedModel(db, id);
  if (model?.lifecycle !== 'active') throw registryErrors.LOGGED_MODEL_NOT_FOUND({ model: id });
  return requireReady(model);
}

async function onlyModelOf(db: Db, run: string): Promise<LoggedModel> {
  if (!(await findRun(db, run))) throw registryErrors.RUN_NOT_FOUND({ run });
  const logged = await listLoggedModelsOfRun(db, run);
  const complete = logged.filter(({ status }) => status === 'LOGGED_MODEL_READY');
  const [only, ...others] = complete.length > 0 ? complete : logged;
  if (!only) throw registryErrors.NOTHING_LOGGED({ run });
  if (others.length === 0) return requireReady(only);
  const models = [only, ...others].map(({ id, name }) => `model:${id} (${name})`);
  throw registryErrors.SEVERAL_LOGGED({ run, models });
}

/** A job's run is its last attempt's. */
async function runOfJob(db: Db, job: string): Promise<string> {
  if (!(await findJob(db, job))) throw registryErrors.JOB_NOT_FOUND({ job });
  const run = (await listAttempts(db, job)).at(-1)?.run;
  if (run == null) throw registryErrors.NO_RUN({ job });
  return run;
}

function requireReady(model: LoggedModel): LoggedModel {
  if (model.status === 'LOGGED_MODEL_READY') return model;
  throw registryErrors.NOT_READY({ model: model.id, status: model.status });
}
