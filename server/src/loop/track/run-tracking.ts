import type { Db, Trx } from '../../database.ts';
import { createRun } from './create-run.ts';
import { setRunStatus } from './end-run.ts';
import { findExperimentByName, updateExperiment } from './experiment.store.ts';
import { insertNamed } from './experiment-life.ts';
import { upsertInput } from './input.store.ts';
import { MAX_RUN_TAG_VALUE, truncate } from './names.ts';
import { requireRun } from './require-run.ts';
import { findRunRow } from './run.store.ts';
import type { InputDataset } from './run.ts';
import type { Pair } from './workspace.ts';

export interface TrackedRun {
  /** 32 hex digits. */
  readonly id: string;
  /** Name of the experiment; made when there is none. */
  readonly experiment: string;
  readonly name: string;
  readonly user: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly { readonly dataset: InputDataset; readonly tags: Readonly<Record<string, string>> }[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Runs that the server itself starts and ends, for jobs; the same in every respect as those that clients make. */
export const runTracking = {
  async start(trx: Trx, run: TrackedRun): Promise<void> {
    const clock = { now: () => run.startedAt };
    const experiment = await obtainExperiment(trx, run);
    const tags = toPairs(run.tags).map(({ key, value }) => ({ key, value: truncate(value, MAX_RUN_TAG_VALUE) }));
    const { id, name, user, startedAt: startTime } = run;
    await createRun(trx, { clock }, { id, experiment, name, user, startTime, tags, actor: user });
    for (const { dataset, tags: inputTags } of run.inputs) {
      await upsertInput(trx, { run: run.id, experiment, input: { dataset, tags: toPairs(inputTags) } });
    }
  },

  /** @throws RESOURCE_DOES_NOT_EXIST */
  async experimentOf(db: Db, run: string): Promise<string> {
    return String((await requireRun(db, run)).experiment);
  },

  /** A run that somebody deleted meanwhile ends too. */
  async end(trx: Trx, id: string, status: 'FINISHED' | 'FAILED' | 'KILLED', endedAt: number): Promise<void> {
    const run = await findRunRow(trx, id);
    if (!run) return;
    const actor = run.job === null ? 'server' : `job:${run.job}`;
    await setRunStatus(trx, { clock: { now: () => endedAt } }, run, { status, endTime: endedAt, actor });
  },
};

/** Whoever asks for a job in a deleted experiment wants to see it: the experiment comes back, its old runs don't. */
async function obtainExperiment(trx: Trx, run: TrackedRun): Promise<number> {
  const { experiment: name, startedAt: now, user: actor } = run;
  const made = await insertNamed(trx, { clock: { now: () => now } }, { name, actor });
  if (made !== null) return made;
  const found = await findExperimentByName(trx, name);
  if (!found) throw new Error(`The experiment ${name} is neither there nor can be made.`);
  if (found.lifecycle === 'deleted') await updateExperiment(trx, found.id, { lifecycle: 'active', now });
  return found.id;
}

function toPairs(record: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}
