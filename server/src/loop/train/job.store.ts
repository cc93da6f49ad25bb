import type { Db, Trx } from '../../database.ts';
import { type GitState, type Job, type JobInput, type JobState, WORKSPACE } from './job.ts';

export interface TrainJobTable {
  workspace: string;
  id: string;
  name: string;
  experiment: string;
  command: string;
  snapshot: string;
  requirements: string | null;
  inputs: string;
  git: string | null;
  retries: number;
  infra_retries: number;
  time_limit_ms: number | null;
  grace_ms: number;
  state: JobState;
  reason: string | null;
  cancel_requested_at: number | null;
  idempotency_key: string | null;
  request_hash: string;
  created_at: number;
  created_by: string;
  cause: string | null;
  finished_at: number | null;
}

export interface TrainJobTables {
  jobs: TrainJobTable;
}

export interface SubmittedJob {
  readonly job: Omit<Job, 'state' | 'reason' | 'cancelRequestedAt' | 'finishedAt'>;
  readonly key: string | null;
  readonly requestHash: string;
}

/** False when a job with this key is there. */
export async function insertJob(trx: Trx, { job, key, requestHash }: SubmittedJob): Promise<boolean> {
  const result = await trx
    .insertInto('jobs')
    .values({
      workspace: WORKSPACE,
      id: job.id,
      name: job.name,
      experiment: job.experiment,
      command: JSON.stringify(job.command),
      snapshot: job.snapshot,
      requirements: job.requirements,
      inputs: JSON.stringify(job.inputs),
      git: job.git && JSON.stringify(job.git),
      retries: job.retries,
      infra_retries: job.infraRetries,
      time_limit_ms: job.timeLimitMs,
      grace_ms: job.graceMs,
      state: 'queued',
      reason: null,
      cancel_requested_at: null,
      idempotency_key: key,
      request_hash: requestHash,
      created_at: job.createdAt,
      created_by: job.createdBy,
      cause: job.cause,
      finished_at: null,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function findJob(db: Db, id: string): Promise<Job | undefined> {
  const row = await jobs(db).where('id', '=', id).executeTakeFirst();
  return row && toJob(row);
}

export async function findJobByKey(db: Db, key: string): Promise<{ job: Job; requestHash: string } | undefined> {
  const row = await jobs(db).where('idempotency_key', '=', key).executeTakeFirst();
  return row && { job: toJob(row), requestHash: row.request_hash };
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listJobs(
  db: Db,
  page: { readonly states: readonly JobState[]; readonly before: string | null; readonly limit: number },
): Promise<Job[]> {
  let query = jobs(db).orderBy('id', 'desc').limit(page.limit);
  if (page.states.length > 0) query = query.where('state', 'in', [...page.states]);
  if (page.before !== null) query = query.where('id', '<', page.before);
  return (await query.execute()).map(toJob);
}

/** The first attempt starts; false when it had. */
export async function startJob(trx: Trx, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('jobs')
    .set({ state: 'running' })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Final states never change: false when it had one. */
export async function finishJob(
  trx: Trx,
  id: string,
  end: { readonly state: JobState; readonly reason: string | null; readonly now: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('jobs')
    .set({ state: end.state, reason: end.reason, finished_at: end.now })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False when the job is over, or somebody has asked before. */
export async function requestCancel(trx: Trx, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('jobs')
    .set({ cancel_requested_at: now })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .where('cancel_requested_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function isCancelRequested(db: Db, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('jobs')
    .select('cancel_requested_at')
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .executeTakeFirst();
  return row !== undefined && row.cancel_requested_at !== null;
}

function jobs(db: Db) {
  return db.selectFrom('jobs').selectAll().where('workspace', '=', WORKSPACE);
}

function toJob(row: TrainJobTable): Job {
  return {
    id: row.id,
    name: row.name,
    experiment: row.experiment,
    command: JSON.parse(row.command) as string[],
    snapshot: row.snapshot,
    requirements: row.requirements,
    inputs: JSON.parse(row.inputs) as JobInput[],
    git: row.git === null ? null : (JSON.parse(row.git) as GitState),
    retries: row.retries,
    infraRetries: row.infra_retries,
    timeLimitMs: row.time_limit_ms,
    graceMs: row.grace_ms,
    state: row.state,
    reason: row.reason,
    cancelRequestedAt: row.cancel_requested_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
    cause: row.cause,
    finishedAt: row.finished_at,
  };
}
