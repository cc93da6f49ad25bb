import type { Context } from '../../context.ts';
import type { Db } from '../../database.ts';
import {
  findLoggedModel,
  findRun,
  invalidParameter,
  type LoggedModel,
  listLoggedModelsOfRun,
  mlflowError,
} from '../track/index.ts';
import { checkAliasForm, checkName, checkStage } from './mlflow-fields.ts';
import { modelNotFound, versionNotFound } from './mlflow-refusals.ts';
import { findModel } from './model.store.ts';
import { isPrompt, type ModelVersion } from './model.ts';
import { findReferenced } from './resolve-version.ts';
import { isLocal, isPromptSource, isWithin, readSource, type VersionPointer } from './source.ts';
import { listNewestPerStage } from './version.store.ts';

/** Where a new version comes from: what the client named, and what it is. */
export type Origin = Pick<ModelVersion, 'source' | 'location' | 'modelId' | 'run'>;

export interface GivenSource {
  readonly source: string;
  /** Undefined: the client said nothing; an empty one says that there is none. */
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  readonly prompt: boolean;
}

const MAX_SOURCE = 2_048;

/**
 * Finds out which logged model or run a source belongs to. Files of this server need the id of the run or model that
 * has them. Nothing outside this server's artifacts is ever opened.
 * @throws INVALID_PARAMETER_VALUE for a source that leaves its folder, names a host, or contradicts run or model;
 *   RESOURCE_DOES_NOT_EXIST
 */
export async function resolveSource({ db }: Pick<Context, 'db'>, given: GivenSource): Promise<Origin> {
  const { source } = given;
  if (source.length > MAX_SOURCE) {
    throw invalidParameter(`Invalid model version source: it is longer than ${MAX_SOURCE} characters.`);
  }
  if (given.prompt) return promptOrigin(given);
  const read = readSource(source);
  switch (read.kind) {
    case 'logged-model':
      return fromLoggedModel(db.read, given, read.modelId);
    case 'version':
      return fromVersion(db.read, given, read);
    case 'run':
      return fromRun(db.read, given, read);
    case 'artifacts':
      return fromFolder(db.read, given, (parameter) => contradiction(given, parameter));
    case 'local':
      return fromFolder(db.read, given, (parameter) => notLocal(given, parameter));
    case 'remote':
      return fromElsewhere(db.read, given);
    default:
      throw refusal(given, read);
  }
}

/** The origin of a logged model, in the form that clients use. */
export function originOf({ id, artifactUri, sourceRun }: LoggedModel): Origin {
  return { source: `models:/${id}`, location: artifactUri, modelId: id, run: sourceRun };
}

function promptOrigin({ source, runId }: GivenSource): Origin {
  if (!isPromptSource(source)) {
    throw invalidParameter(`Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`);
  }
  return { source, location: source, modelId: null, run: runId || null };
}

async function fromLoggedModel(db: Db, given: GivenSource, modelId: string): Promise<Origin> {
  if (given.modelId !== modelId) throw contradiction(given, 'model_id');
  const model = await findActive(db, modelId);
  if (!model) {
    throw invalidParameter(
      `Unable to fetch model from model URI source artifact location '${given.source}'.` +
        `Error: Logged model with ID '${modelId}' not found.`,
    );
  }
  return { ...originOf(model), source: given.source, run: given.runId || model.sourceRun };
}

async function fromVersion(
  db: Db,
  given: GivenSource,
  { name, at }: { readonly name: string; readonly at: VersionPointer },
): Promise<Origin> {
  const model = await findModel(db, checkName(name));
  if (!model) throw modelNotFound(name);
  if (isPrompt(model.tags)) {
    throw invalidParameter(
      `Invalid model version source: '${given.source}'. Prompt versions cannot be used as model version sources.`,
    );
  }
  const { number, location, modelId, run } = await findPointed(db, name, at);
  const contradicts =
    (given.runId !== undefined && given.runId !== (run ?? '')) ||
    (given.modelId !== undefined && given.modelId !== (modelId ?? ''));
  if (contradicts) {
    throw invalidParameter(
      `Invalid model version source: '${given.source}'. The run_id and model_id request parameters must match the ` +
        'referenced model version.',
    );
  }
  return { source: `models:/${name}/${number}`, location, modelId, run };
}

async function findPointed(db: Db, name: string, at: VersionPointer): Promise<ModelVersion> {
  if ('number' in at) {
    const found = await findReferenced(db, { name, number: at.number });
    if (!found) throw versionNotFound({ name, number: at.number });
    return found;
  }
  if ('alias' in at && checkAliasForm(at.alias).toLowerCase() !== 'latest') {
    const found = await findReferenced(db, { name, alias: at.alias });
    if (!found) throw invalidParameter(`Registered model alias ${at.alias} not found.`);
    return found;
  }
  const stage = 'stage' in at ? checkStage(at.stage) : null;
  const found =
    stage === null
      ? await findReferenced(db, { name, latest: true })
      : (await listNewestPerStage(db, [name])).find((one) => one.stage === stage);
  if (found) return found;
  const inStage = stage === null ? '' : ` and stage '${stage}'`;
  throw invalidParameter(`No versions of model with name '${name}'${inStage} found`);
}

/** MLflow 3 logs models beside the run: then the path is the name of one. A run that is not here is only noted. */
async function fromRun(db: Db, given: GivenSource, { run: id, path }: { run: string; path: string }): Promise<Origin> {
  if (given.modelId) throw contradiction(given, 'model_id');
  if (given.runId !== id) throw contradiction(given, 'run_id');
  const { source } = given;
  const run = await findRun(db, id);
  if (!run) return { source, location: source, modelId: null, run: id };
  const model = (await listLoggedModelsOfRun(db, id)).findLast(({ name }) => name === path);
  if (model) return { ...originOf(model), source };
  return { source, location: path === '' ? run.artifactUri : `${run.artifactUri}/${path}`, modelId: null, run: id };
}

/** A folder of this server's has to be of the run or logged model that is named, so that it is known who made it. */
async function fromFolder(
  db: Db,
  { source, modelId, runId }: GivenSource,
  refuse: (parameter: 'run_id' | 'model_id') => Error,
): Promise<Origin> {
  if (modelId) {
    const model = await findActive(db, modelId);
    if (!model || isLocal(model.artifactUri) !== isLocal(source) || !isWithin(source, model.artifactUri)) {
      throw refuse('model_id');
    }
    return { ...originOf(model), source, location: source, run: runId || model.sourceRun };
  }
  const run = runId ? await findRun(db, runId) : undefined;
  if (!run || isLocal(run.artifactUri) !== isLocal(source) || !isWithin(source, run.artifactUri)) {
    throw refuse('run_id');
  }
  return { source, location: source, modelId: null, run: run.id };
}

async function fromElsewhere(db: Db, { source, modelId, runId }: GivenSource): Promise<Origin> {
  const model = modelId ? await findActive(db, modelId) : undefined;
  if (modelId && !model) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${modelId}' not found.`);
  // A version says that it is a logged model only if its files are that model's.
  const own = model && isWithin(source, model.artifactUri) ? model.id : null;
  return { source, location: source, modelId: own, run: runId || (model?.sourceRun ?? null) };
}

async function findActive(db: Db, modelId: string): Promise<LoggedModel | undefined> {
  const model = await findLoggedModel(db, modelId);
  return model?.lifecycle === 'active' ? model : undefined;
}

function refusal(given: GivenSource, read: ReturnType<typeof readSource>): Error {
  const { source } = given;
  switch (read.kind) {
    case 'host':
      return invalidParameter(
        `'source' cannot use the '${read.scheme}' scheme: the '${read.scheme}' scheme addresses a host other than the ` +
          "tracking server's configured artifact storage, so the server would connect to the host named in the URI.",
      );
    case 'other-registry':
      return invalidParameter(
        `Invalid model version source: '${source}'. Registered model sources must use the active model registry.`,
      );
    case 'unreadable':
      return contradiction(given, read.parameter);
    default:
      return invalidParameter(
        `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, ` +
          'objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references ' +
          'present. Please provide an absolute path.',
      );
  }
}

function contradiction({ source }: GivenSource, parameter: 'run_id' | 'model_id'): Error {
  return invalidParameter(
    `Invalid model version source: '${source}'. The ${parameter} request parameter must identify the resource that ` +
      'contains the source.',
  );
}

function notLocal({ source }: GivenSource, parameter: 'run_id' | 'model_id'): Error {
  return invalidParameter(
    `Invalid model version source: '${source}'. To use a local path as a model version source, the ${parameter} request ` +
      'parameter has to be specified and the local path has to be contained within the artifact directory of the run ' +
      `specified by the ${parameter}.`,
  );
}
