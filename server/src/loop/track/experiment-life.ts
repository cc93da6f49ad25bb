import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import {
  findExperiment,
  findExperimentByName,
  insertExperiment,
  moveEmptyExperiment,
  updateExperiment,
  upsertExperimentTag,
} from './experiment.store.ts';
import type { ExperimentWithTags } from './experiment.ts';
import { invalidParameter, mlflowError } from './mlflow-protocol/index.ts';
import { setLifecycleOfRuns } from './run.store.ts';
import type { Lifecycle, Pair } from './workspace.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

export interface NewExperiment {
  readonly name: string;
  /** Absent: below `artifactRoot`. */
  readonly artifactLocation?: string | undefined;
  /** Absent: `mlflow-artifacts:`. */
  readonly artifactRoot?: string;
  readonly tags?: readonly Pair[];
  readonly actor: string;
}

/** Names stay taken while an experiment is deleted. @throws RESOURCE_ALREADY_EXISTS */
export async function createExperiment({ db, clock }: Parts, given: NewExperiment): Promise<number> {
  return db.transaction(async (trx) => {
    const id = await insertNamed(trx, { clock }, given);
    if (id === null) throw await nameTaken(trx, given.name);
    return id;
  });
}

const PROXIED_ROOT = 'mlflow-artifacts:';
const DEFAULT_EXPERIMENT = 0;

/** The experiment that is there from the start lies below the root that the server was started with, too. */
export async function placeDefaultExperiment({ db, config }: Pick<Context, 'db' | 'config'>): Promise<void> {
  const { defaultRoot } = config.artifacts;
  if (defaultRoot === PROXIED_ROOT) return;
  const [from, to] = [`${PROXIED_ROOT}/${DEFAULT_EXPERIMENT}`, `${defaultRoot}/${DEFAULT_EXPERIMENT}`];
  await db.transaction((trx) => moveEmptyExperiment(trx, DEFAULT_EXPERIMENT, from, to));
}

/** In the caller's transaction; null when the name is taken. */
export async function insertNamed(
  trx: Trx,
  { clock }: Pick<Parts, 'clock'>,
  given: NewExperiment,
): Promise<number | null> {
  const { name, artifactRoot = PROXIED_ROOT, tags = [], actor } = given;
  const artifactLocation = given.artifactLocation ?? ((number: number) => `${artifactRoot}/${number}`);
  const id = await insertExperiment(trx, { name, artifactLocation, now: clock.now() });
  if (id === null) return null;
  for (const tag of tags) await upsertExperimentTag(trx, id, tag);
  await appendEvent(trx, { clock }, { type: 'experiment.created', subject: `experiment:${id}`, actor, data: { name } });
  return id;
}

/** `deleted` takes all its runs along, and `active` brings them all back. @throws RESOURCE_DOES_NOT_EXIST */
export async function moveExperiment(
  { db, clock }: Parts,
  { id, to, actor }: { id: number; to: Lifecycle; actor: string },
): Promise<void> {
  await db.transaction(async (trx) => {
    await db.lock(trx, 'experiments');
    const experiment = await findExperiment(trx, id);
    if (!experiment || experiment.lifecycle === to) throw noExperiment(id);
    await updateExperiment(trx, id, { lifecycle: to, now: clock.now() });
    await setLifecycleOfRuns(trx, id, to);
    const type = to === 'deleted' ? 'experiment.deleted' : 'experiment.restored';
    await appendEvent(trx, { clock }, { type, subject: `experiment:${id}`, actor });
  });
}

/** @throws RESOURCE_DOES_NOT_EXIST, RESOURCE_ALREADY_EXISTS, INVALID_PARAMETER_VALUE for a deleted one */
export async function renameExperiment({ db, clock }: Parts, id: number, name: string): Promise<void> {
  await db.transaction(async (trx) => {
    await db.lock(trx, 'experiments');
    const experiment = await findExperiment(trx, id);
    if (!experiment) throw noExperiment(id);
    if (experiment.lifecycle !== 'active') throw invalidParameter('Cannot rename a non-active experiment.');
    if (experiment.name === name) return;
    if (await findExperimentByName(trx, name)) throw await nameTaken(trx, name);
    await updateExperiment(trx, id, { name, now: clock.now() });
  });
}

/** @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE for a deleted one */
export async function requireActiveExperiment(trx: Trx, id: number): Promise<ExperimentWithTags> {
  const experiment = await findExperiment(trx, id);
  if (!experiment) throw noExperiment(id);
  requireActive(experiment);
  return experiment;
}

/** @throws INVALID_PARAMETER_VALUE in MLflow's words */
export function requireActive(experiment: Pick<ExperimentWithTags, 'id' | 'lifecycle'>): void {
  if (experiment.lifecycle === 'active') return;
  throw invalidParameter(
    `The experiment ${experiment.id} must be in the 'active' state. Current state is ${experiment.lifecycle}.`,
  );
}

export function noExperiment(id: number | string) {
  return mlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
}

async function nameTaken(trx: Trx, name: string) {
  const taken = await findExperimentByName(trx, name);
  const hint = taken?.lifecycle === 'deleted' ? ' It is deleted: restore it, or choose another name.' : '';
  return mlflowError('RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.${hint}`);
}
