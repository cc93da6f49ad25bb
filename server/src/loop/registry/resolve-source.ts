import type { Context } from '../../context.ts';
import type { Db } from '../../database.ts';
import { findLoggedModel, findRun, invalidParameter, type LoggedModel, listLoggedModelsOfRun } from '../track/index.ts';
import { isPrompt, type ModelVersion, parseVersionReference, type VersionReference } from './model.ts';
import { findReferenced } from './resolve-version.ts';
import { isPromptSource, isWithin, ownerInPath, readSource } from './source.ts';

/** Where a new version comes from: what the client named, and what it is. */
export type Origin = Pick<ModelVersion, 'source' | 'location' | 'modelId' | 'run'>;

export interface GivenSource {
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  readonly prompt: boolean;
}

const MAX_SOURCE = 2_048;

/**
 * Finds out which logged model or run a source belongs to. Nothing outside this server's artifacts is ever opened.
 * @throws INVALID_PARAMETER_VALUE for a local path, one that leaves its folder, and one that contradicts run or model
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
      return fromVersion(db.read, given, read.reference);
    case 'run':
      return fromRun(db.read, given, read);
    case 'artifacts':
      return fromArtifacts(db.read, given);
    case 'remote':
      return fromElsewhere(db.read, given);
    case 'local':
      throw invalidParameter(
        `Invalid model version source: '${source}'. To use a local path as a model version source, the run_id request ` +
          'parameter has to be specified and the local path has to be contained within the artifact directory of the ' +
          'run specified by the run_id. This server keeps no artifacts under local paths: log the model, and register ' +
          "'models:/m-…'.",
      );
    case 'relative':
      throw invalidParameter(
        `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, ` +
          'objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references ' +
          'present. Please provide an absolute path.',
      );
    case 'invalid':
      throw invalidParameter(`Invalid model version source: '${source}'. Write 'models:/m-…' or 'runs:/RUN/PATH'.`);
  }
}

/** The origin of a logged model, in the form that clients use. */
export function originOf({ id, artifactUri, sourceRun }: LoggedModel): Origin {
  return { source: `models:/${id}`, location: artifactUri, modelId: id, run: sourceRun };
}

function promptOrigin({ source, runId }: GivenSource): Origin {
  if (!isPromptSource(source)) {
    throw invalidParameter(
      `Invalid prompt source: '${source}'. Local source paths are not allowed for prompts, nor any but MLflow's own.`,
    );
  }
  return { source, location: source, modelId: null, run: runId ?? null };
}

async function fromLoggedModel(db: Db, given: GivenSource, modelId: string): Promise<Origin> {
  const model = await findActive(db, modelId);
  if (!model)
    throw invalidParameter(`Unable to fetch model from model URI source artifact location '${given.source}'.`);
  if (given.modelId !== undefined && given.modelId !== modelId) throw contradiction(given, 'model_id');
  if (given.runId !== undefined && given.runId !== model.sourceRun) throw contradiction(given, 'run_id');
  return originOf(model);
}

async function fromVersion(db: Db, given: GivenSource, reference: string): Promise<Origin> {
  const parsed: VersionReference | null = parseVersionReference(reference);
  const version = parsed && (await findReferenced(db, parsed));
  if (!version) throw invalidParameter(`Invalid model version source: '${given.source}'. There is no such version.`);
  if (isPrompt(version.tags)) {
    throw invalidParameter(
      `Invalid model version source: '${given.source}'. Prompt versions cannot be used as sources.`,
    );
  }
  const { name, number, location, modelId, run } = version;
  const contradicts =
    (given.runId !== undefined && given.runId !== run) || (given.modelId !== undefined && given.modelId !== modelId);
  if (contradicts) {
    throw invalidParameter(
      `Invalid model version source: '${given.source}'. The run_id and model_id request parameters must match the ` +
        'referenced model version.',
    );
  }
  return { source: `models:/${name}/${number}`, location, modelId, run };
}

/** MLflow 3 logs models beside the run: then the path is the name of one. */
async function fromRun(db: Db, given: GivenSource, { run: id, path }: { run: string; path: string }): Promise<Origin> {
  if (given.runId !== undefined && given.runId !== id) throw contradiction(given, 'run_id');
  const run = await findRun(db, id);
  if (!run) throw invalidParameter(`Invalid model version source: '${given.source}'. Run with id=${id} not found`);
  const named = (await listLoggedModelsOfRun(db, id)).filter(({ name }) => name === path);
  const model = given.modelId === undefined ? named.at(-1) : named.find((one) => one.id === given.modelId);
  if (given.modelId !== undefined && !model) throw contradiction(given, 'model_id');
  return model
    ? { ...originOf(model), source: given.source }
    : { source: given.source, location: `${run.artifactUri}/${path}`, modelId: null, run: id };
}

/** A folder of this server's artifacts has to be of a run or logged model, so that it is known who made it. */
async function fromArtifacts(db: Db, given: GivenSource): Promise<Origin> {
  const { source } = given;
  const owner = ownerInPath(source);
  const modelId = given.modelId ?? owner.modelId;
  const model = modelId === null ? undefined : await findActive(db, modelId);
  if (model && isWithin(source, model.artifactUri)) {
    if (given.runId !== undefined && given.runId !== model.sourceRun) throw contradiction(given, 'run_id');
    return { ...originOf(model), source, location: source };
  }
  if (given.modelId !== undefined) throw contradiction(given, 'model_id');
  const runId = given.runId ?? owner.run;
  const run = runId === null ? undefined : await findRun(db, runId);
  if (!run || !isWithin(source, run.artifactUri)) throw contradiction(given, 'run_id');
  return { source, location: source, modelId: null, run: run.id };
}

async function fromElsewhere(db: Db, given: GivenSource): Promise<Origin> {
  const { source } = given;
  const model = given.modelId === undefined ? undefined : await findActive(db, given.modelId);
  // A version says that it is a logged model only if its files are that model's.
  if (given.modelId !== undefined && !(model && isWithin(source, model.artifactUri))) {
    throw contradiction(given, 'model_id');
  }
  const run = given.runId ?? model?.sourceRun ?? null;
  return { source, location: source, modelId: model?.id ?? null, run };
}

async function findActive(db: Db, modelId: string): Promise<LoggedModel | undefined> {
  const model = await findLoggedModel(db, modelId);
  return model?.lifecycle === 'active' ? model : undefined;
}

function contradiction({ source }: GivenSource, parameter: 'run_id' | 'model_id') {
  return invalidParameter(
    `Invalid model version source: '${source}'. The ${parameter} request parameter must identify the resource that ` +
      'contains the source.',
  );
}
