import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { randomInteger } from '../../platform/ids.ts';
import { findExperiment } from './experiment.store.ts';
import { noExperiment, requireActive } from './experiment-life.ts';
import { insertRun, upsertRunTags } from './run.store.ts';
import { artifactUriOfRun, JOB_TAG, NAME_TAG, type Run, randomName } from './run.ts';
import type { Pair } from './workspace.ts';

export interface NewRun {
  /** 32 hex digits. */
  readonly id: string;
  readonly experiment: number;
  /** Absent: the tag `mlflow.runName`, else a random one. */
  readonly name?: string | undefined;
  readonly user: string;
  readonly startTime: number | null;
  readonly tags: readonly Pair[];
  readonly actor: string;
}

/** In the caller's transaction. @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE for a deleted experiment */
export async function createRun(trx: Trx, { clock }: Pick<Context, 'clock'>, given: NewRun): Promise<Run> {
  const experiment = await findExperiment(trx, given.experiment);
  if (!experiment) throw noExperiment(given.experiment);
  requireActive(experiment);
  const tags = new Map(given.tags.map(({ key, value }) => [key, value]));
  const name = given.name || tags.get(NAME_TAG) || randomName(randomInteger);
  tags.set(NAME_TAG, name);
  const run: Run = {
    id: given.id,
    experiment: experiment.id,
    name,
    user: given.user,
    status: 'RUNNING',
    lifecycle: 'active',
    startTime: given.startTime,
    endTime: null,
    artifactUri: artifactUriOfRun(experiment.artifactLocation, given.id),
    job: tags.get(JOB_TAG) ?? null,
  };
  await insertRun(trx, run);
  await upsertRunTags(
    trx,
    run.id,
    [...tags].map(([key, value]) => ({ key, value })),
  );
  const data = { experiment: String(experiment.id), name };
  await appendEvent(trx, { clock }, { type: 'run.created', subject: `run:${run.id}`, actor: given.actor, data });
  return run;
}
