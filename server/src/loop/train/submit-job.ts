import { createHash } from 'node:crypto';
import type { Context } from '../../context.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { resolveVersion } from '../data/index.ts';
import { insertAttempt } from './attempt.store.ts';
import { trainErrors } from './errors.ts';
import { findJobByKey, insertJob } from './job.store.ts';
import { defaultName, type GitState, inputVariable, type Job, type JobInput } from './job.ts';
import { findSnapshot } from './snapshot.store.ts';
import { loadTree } from './store-snapshot.ts';

/** What a caller asks for; everything else has a default. */
export interface JobRequest {
  readonly name?: string | undefined;
  /** Name of the MLflow experiment; it is made when there is none. */
  readonly experiment?: string | undefined;
  readonly command: readonly string[];
  /** Id of a committed snapshot. */
  readonly snapshot: string;
  readonly requirements?: string | undefined;
  /** Name → reference of a dataset version; without a number it is the latest of now. */
  readonly inputs?: Readonly<Record<string, string>> | undefined;
  readonly git?: GitState | undefined;
  readonly retries?: number | undefined;
  readonly infraRetries?: number | undefined;
  readonly timeLimitMs?: number | undefined;
  readonly graceMs?: number | undefined;
}

export interface Submission {
  readonly request: JobRequest;
  /** Of this submission: whoever sends it again gets the same job. */
  readonly key: string | null;
  readonly actor: string;
  /** Event that led to it. */
  readonly cause?: string | null;
}

/** Kind of the background job that drives a job. */
export const DRIVE_KIND = 'train.drive';

const INFRA_RETRIES = 3;
const GRACE_MS = 30_000;
/** A driver gives up never: an accepted job is not lost because a database was away for a day. */
const DRIVER_ATTEMPTS = 1_000_000;

/**
 * Accepts a job: when this resolves, it will run. @throws TRAIN_KEY_REUSED, TRAIN_INVALID_JOB,
 * TRAIN_SNAPSHOT_NOT_FOUND, DATA_DATASET_NOT_FOUND, DATA_VERSION_NOT_FOUND
 */
export async function submitJob(
  parts: Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'>,
  { request, key, actor, cause = null }: Submission,
): Promise<{ job: Job; created: boolean }> {
  const { db, clock } = parts;
  const requestHash = hashOf(request);
  const known = key === null ? undefined : await findSubmitted(parts, key, requestHash);
  if (known) return { job: known, created: false };
  const now = clock.now();
  const job: Job = {
    id: uuidv7(now),
    name: request.name ?? defaultName(request.command),
    experiment: request.experiment ?? 'Default',
    command: request.command,
    snapshot: request.snapshot,
    requirements: request.requirements ?? null,
    inputs: await resolveInputs(parts, request.inputs ?? {}),
    git: request.git ?? null,
    retries: request.retries ?? 0,
    infraRetries: request.infraRetries ?? INFRA_RETRIES,
    timeLimitMs: request.timeLimitMs ?? null,
    graceMs: request.graceMs ?? GRACE_MS,
    state: 'queued',
    reason: null,
    cancelRequestedAt: null,
    createdAt: now,
    createdBy: actor,
    cause,
    finishedAt: null,
  };
  await checkCode(parts, { ...job, inputs: job.inputs.map(({ name }) => name) });
  const inserted = await db.transaction(async (trx) => {
    if (!(await insertJob(trx, { job, key, requestHash }))) return false;
    await insertAttempt(trx, { job: job.id, number: 1, notBefore: now, now });
    await parts.jobs.enqueue(trx, {
      kind: DRIVE_KIND,
      key: job.id,
      payload: { job: job.id },
      maxAttempts: DRIVER_ATTEMPTS,
    });
    const data = { name: job.name, snapshot: job.snapshot, inputs: job.inputs.map(({ version }) => version) };
    await appendEvent(trx, parts, { type: 'job.submitted', subject: `job:${job.id}`, actor, cause, data });
    return true;
  });
  failpoint('after_submit');
  // Only the key can be in the way: somebody else was faster with it.
  if (!inserted && key !== null) {
    const winner = await findSubmitted(parts, key, requestHash);
    if (winner) return { job: winner, created: false };
  }
  return { job, created: true };
}

async function findSubmitted({ db }: Pick<Context, 'db'>, key: string, requestHash: string): Promise<Job | undefined> {
  const found = await findJobByKey(db.read, key);
  if (found && found.requestHash !== requestHash) throw trainErrors.KEY_REUSED({ key, job: found.job.id });
  return found?.job;
}

async function resolveInputs(
  parts: Pick<Context, 'db'>,
  inputs: Readonly<Record<string, string>>,
): Promise<JobInput[]> {
  const names = Object.keys(inputs).sort();
  checkInputNames(names);
  return Promise.all(
    names.map(async (name) => {
      const version = await resolveVersion(parts, inputs[name] ?? '');
      return { name, dataset: version.name, number: version.number, version: version.id };
    }),
  );
}

/** @throws TRAIN_INVALID_JOB when the code could not tell two inputs apart */
export function checkInputNames(names: readonly string[]): void {
  const variables = new Set(names.map(inputVariable));
  if (variables.size === names.length) return;
  throw invalid(
    `two of the inputs ${names.join(', ')} would have the same variable.`,
    'Give them names that differ in more than "-" and "_", or upper and lower case.',
  );
}

/** Whether a snapshot can be run like this. @throws TRAIN_SNAPSHOT_NOT_FOUND, TRAIN_INVALID_JOB */
export async function checkCode(
  parts: Pick<Context, 'db' | 'blobs'>,
  code: { readonly snapshot: string; readonly requirements: string | null; readonly inputs: readonly string[] },
): Promise<void> {
  const { snapshot, requirements, inputs } = code;
  if (!(await findSnapshot(parts.db.read, snapshot))) throw trainErrors.SNAPSHOT_NOT_FOUND({ snapshot });
  if (requirements === null && inputs.length === 0) return;
  const paths = (await loadTree(parts, snapshot)).map(({ path }) => path);
  if (requirements !== null && !paths.includes(requirements)) {
    throw invalid(
      `the snapshot has no file ${requirements}.`,
      'Give --requirements a path inside the project that is neither ignored nor left out for its size.',
    );
  }
  const taken = inputs.find((name) => paths.some((path) => `${path}/`.startsWith(`inputs/${name}/`)));
  if (taken !== undefined) {
    throw invalid(
      `the snapshot has something at inputs/${taken}, where the input ${taken} belongs.`,
      'Name the input otherwise, or add that path to .bucleignore.',
    );
  }
}

function invalid(problem: string, hint: string) {
  return trainErrors.INVALID_JOB({ problem, hint });
}

/** Equal for requests that ask for the same, whatever the order of their members. */
function hashOf(request: JobRequest): string {
  const sorted = (_key: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(request, sorted)).digest('hex');
}
