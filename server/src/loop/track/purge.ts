import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { JobHandler } from '../../platform/jobs/jobs.ts';
import { locatedKey } from './artifact-path.ts';
import { trackErrors } from './errors.ts';
import { lockOfRun } from './metric.store.ts';
import {
  type Purgeable,
  purgeExperiments,
  purgeModels,
  purgeRuns,
  selectDeletedExperiments,
  selectDeletedModels,
  selectDeletedRuns,
  selectOfExperiments,
} from './purge.store.ts';

export interface PurgeRequest {
  /** What is named is gone for good or nothing is; null: all that was deleted. */
  readonly only: {
    readonly runs: readonly string[];
    readonly experiments: readonly number[];
    readonly models: readonly string[];
  } | null;
  /** Only what was deleted at this time or earlier, milliseconds since the epoch. */
  readonly until: number;
  readonly dryRun: boolean;
  readonly actor: string;
  /** Names of what still needs these; then nothing is purged. */
  readonly findUsers: (trx: Trx, what: { runs: readonly string[]; models: readonly string[] }) => Promise<string[]>;
}

export interface Purged {
  readonly runs: readonly string[];
  readonly experiments: readonly number[];
  readonly models: readonly string[];
  /** True when there is more than one call takes: ask again. */
  readonly more: boolean;
}

type Parts = Pick<Context, 'db' | 'jobs' | 'clock'>;

/** What one transaction takes; a writer of metrics must not wait for long. */
const AT_ONCE = 100;
const DRY_AT_ONCE = 10_000;
const FILES = 'track.purge-files';

/**
 * Removes for good what is deleted already: rows now, files by a job that survives a crash. An experiment goes with
 * all that is in it. @throws TRACK_NOT_PURGEABLE, TRACK_STILL_USED
 */
export async function purge(parts: Parts, request: PurgeRequest): Promise<Purged> {
  const { db, jobs, clock } = parts;
  return db.transaction(async (trx) => {
    await db.lock(trx, 'experiments');
    const found = await select(trx, request);
    const ids = { runs: found.runs.map(({ id }) => id), models: found.models.map(({ id }) => id) };
    const users = await request.findUsers(trx, ids);
    if (users.length > 0) throw trackErrors.STILL_USED({ users: users.slice(0, 20) });
    // An experiment goes once nothing is in it any more.
    const experiments = found.more ? [] : found.experiments;
    const numbers = experiments.map(({ id }) => id);
    const purged = { ...ids, experiments: numbers, more: found.more };
    if (request.dryRun) return purged;
    for (const id of ids.runs) await db.lock(trx, lockOfRun(id));
    for (const id of ids.models) await db.lock(trx, `logged-model:${id}`);
    await refuseRestored(trx, request, found);
    await purgeRuns(trx, ids.runs);
    await purgeModels(trx, ids.models);
    await purgeExperiments(trx, numbers);
    const keys = keysOf({ ...found, experiments });
    if (keys.length > 0) await jobs.enqueue(trx, { kind: FILES, payload: { keys }, maxAttempts: 1_000 });
    for (const { type, subject } of eventsOf(purged)) {
      await appendEvent(trx, { clock }, { type, subject, actor: request.actor });
    }
    return purged;
  });
}

function keysOf({ runs, models, experiments }: Omit<Awaited<ReturnType<typeof select>>, 'more'>): string[] {
  return [
    ...[...runs, ...models].flatMap(({ id, artifactUri }) => ownFolder(artifactUri, id)),
    ...models.map(({ id }) => `golden/${id}`),
    ...experiments.flatMap(({ id, location }) => (location === `mlflow-artifacts:/${id}` ? [`artifacts/${id}`] : [])),
  ];
}

function eventsOf({ runs, models, experiments }: Purged): { readonly type: string; readonly subject: string }[] {
  return [
    ...runs.map((id) => ({ type: 'run.purged', subject: `run:${id}` })),
    ...models.map((id) => ({ type: 'model.purged', subject: `logged-model:${id}` })),
    ...experiments.map((id) => ({ type: 'experiment.purged', subject: `experiment:${id}` })),
  ];
}

/** Deletes the files of what was purged; again is fine. */
export function purgeFilesHandler({ blobs }: Pick<Context, 'blobs'>): JobHandler {
  return {
    kind: FILES,
    async handle({ job, signal }) {
      for (const key of (job.payload as { readonly keys: readonly string[] }).keys) {
        signal.throwIfAborted();
        await blobs.delete(key);
      }
      return undefined;
    },
  };
}

async function select(trx: Trx, { only, until, dryRun }: PurgeRequest) {
  const limit = dryRun ? DRY_AT_ONCE : AT_ONCE;
  const experiments = await selectDeletedExperiments(trx, { ids: only?.experiments ?? null, until, limit });
  const numbers = experiments.map(({ id }) => id);
  const own = {
    runs: await selectDeletedRuns(trx, { ids: only?.runs ?? null, until, limit }),
    models: await selectDeletedModels(trx, { ids: only?.models ?? null, until, limit }),
  };
  refuseMissing('run', only?.runs, own.runs);
  refuseMissing('logged model', only?.models, own.models);
  refuseMissing('experiment', only?.experiments, experiments);
  const runs = [...own.runs, ...(await selectOfExperiments(trx, 'runs', numbers, limit))];
  const models = [...own.models, ...(await selectOfExperiments(trx, 'logged_models', numbers, limit))];
  const more = [own.runs, own.models, experiments].some(({ length }) => only === null && length === limit);
  const full = runs.length - own.runs.length === limit || models.length - own.models.length === limit;
  return { experiments, runs: unique(runs), models: unique(models), more: more || full };
}

/** Somebody may have restored one before its lock was there. */
async function refuseRestored(
  trx: Trx,
  { until }: PurgeRequest,
  { runs, models, experiments }: Awaited<ReturnType<typeof select>>,
): Promise<void> {
  const inside = (
    await selectOfExperiments(
      trx,
      'runs',
      experiments.map(({ id }) => id),
      DRY_AT_ONCE,
    )
  ).map(({ id }) => id);
  const ids = runs.map(({ id }) => id).filter((id) => !inside.includes(id));
  const modelIds = models.map(({ id }) => id);
  const limit = AT_ONCE * 2;
  if (ids.length > 0) refuseMissing('run', ids, await selectDeletedRuns(trx, { ids, until, limit }));
  const modelsInside = await selectOfExperiments(
    trx,
    'logged_models',
    experiments.map(({ id }) => id),
    DRY_AT_ONCE,
  );
  const own = modelIds.filter((id) => !modelsInside.some((model) => model.id === id));
  if (own.length > 0) refuseMissing('logged model', own, await selectDeletedModels(trx, { ids: own, until, limit }));
}

function refuseMissing(
  what: string,
  wanted: readonly (string | number)[] | undefined,
  found: readonly { readonly id: string | number }[],
): void {
  const missing = wanted?.find((id) => !found.some((one) => one.id === id));
  if (missing !== undefined) throw trackErrors.NOT_PURGEABLE({ what, id: missing });
}

/** Only a folder that is named after its owner is its own, and only what this server keeps itself is deleted. */
function ownFolder(uri: string, id: string): string[] {
  const key = locatedKey(uri);
  return key?.startsWith('artifacts/') && key.split('/').includes(id) ? [key] : [];
}

function unique(all: readonly Purgeable[]): Purgeable[] {
  return [...new Map(all.map((one) => [one.id, one])).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
