import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../log.ts';
import { isKnownDead, ownIdentity, type ProcessIdentity } from '../processes/identity.ts';
import { claimJob } from './claim-job.ts';
import { enqueueJob } from './enqueue-job.ts';
import type { BackgroundJobTable, JobTables } from './job-tables.ts';
import { type JobHandler, type JobQueue, jobErrors } from './jobs.ts';
import { rescueJobs } from './rescue-jobs.ts';
import { completeJob, extendLease, failJob, holdsLease, snoozeJob } from './settle-job.ts';

export interface JobTimes {
  /** How long a worker may be silent. */
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly rescueMs: number;
  /** First delay after a failure; doubles with each. */
  readonly backoffMs: number;
}

const standardTimes: JobTimes = { leaseMs: 30_000, pollMs: 200, rescueMs: 1_000, backoffMs: 1_000 };
const LONGEST_BACKOFF_MS = 5 * 60_000;

interface Parts {
  readonly db: Database<JobTables>;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: Partial<JobTimes>;
}

/** Durable background jobs over this database; nothing runs until a worker is started. */
export function openJobs({ db, clock, log, times: given }: Parts): JobQueue {
  const times = { ...standardTimes, ...given };
  const workers = new Set<AsyncDisposable>();
  return {
    enqueue: (trx, job) => enqueueJob(trx, job, clock.now()),
    async wake(kind, key) {
      await db.transaction((trx) =>
        trx
          .updateTable('background_jobs')
          .set({ run_at: 0 })
          .where('workspace', '=', 'default')
          .where('kind', '=', kind)
          .where('key', '=', key)
          .where('state', 'in', ['queued', 'running'])
          .execute(),
      );
    },
    startWorker(handlers) {
      const worker = startWorker({ db, clock, log, times }, handlers);
      workers.add(worker);
      return worker;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...workers].map((worker) => worker[Symbol.asyncDispose]()));
    },
  };
}

type Running = Required<Parts> & { readonly times: JobTimes };

function startWorker(parts: Running, handlers: readonly JobHandler[]): AsyncDisposable {
  const { db, clock, log, times } = parts;
  const stop = new AbortController();
  const owner = JSON.stringify(ownIdentity());
  const active = new Map<string, number>();
  const tasks = new Set<Promise<void>>();

  const claimNext = async (): Promise<boolean> => {
    const kinds = handlers.filter(({ kind, concurrency = 1 }) => (active.get(kind) ?? 0) < concurrency);
    if (kinds.length === 0) return false;
    const row = await db.transaction((trx) =>
      claimJob(trx, {
        kinds: kinds.map(({ kind }) => kind),
        owner,
        now: clock.now(),
        leaseMs: times.leaseMs,
        skipLocked: db.capabilities.skipLocked,
      }),
    );
    const handler = handlers.find(({ kind }) => kind === row?.kind);
    if (!row || !handler) return false;
    active.set(row.kind, (active.get(row.kind) ?? 0) + 1);
    const task = runJob(parts, handler, row, stop.signal).finally(() => {
      active.set(row.kind, (active.get(row.kind) ?? 1) - 1);
      tasks.delete(task);
    });
    tasks.add(task);
    return true;
  };

  const loop = async () => {
    let rescueAt = 0;
    while (!stop.signal.aborted) {
      try {
        if (Date.now() >= rescueAt) {
          rescueAt = Date.now() + times.rescueMs;
          await db.transaction((trx) => rescueJobs(trx, { now: clock.now(), isGone }));
        }
        if (handlers.length > 0 && (await claimNext())) continue;
      } catch (error) {
        log.error({ err: error }, 'the worker of background jobs could not reach the database');
      }
      await sleep(times.pollMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const looping = loop();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the server stops'));
      await looping;
      await Promise.all(tasks);
    },
  };
}

async function runJob(parts: Running, handler: JobHandler, row: BackgroundJobTable, stop: AbortSignal): Promise<void> {
  const { db, clock, log, times } = parts;
  const lost = new AbortController();
  const heartbeat = setInterval(() => {
    db.transaction((trx) => extendLease(trx, row, clock.now() + times.leaseMs)).then(
      (held) => {
        if (!held) lost.abort(jobErrors.LEASE_LOST({ job: row.id, epoch: row.epoch }));
      },
      (error: unknown) => log.warn({ err: error, job: row.id }, 'heartbeat failed'),
    );
  }, times.leaseMs / 3);
  try {
    const outcome = await handler.handle({
      job: {
        id: row.id,
        kind: row.kind,
        key: row.key,
        payload: JSON.parse(row.payload) as unknown,
        attempt: row.attempt,
        epoch: row.epoch,
      },
      signal: AbortSignal.any([stop, lost.signal]),
      async fence(trx) {
        if (!(await holdsLease(trx, row))) throw jobErrors.LEASE_LOST({ job: row.id, epoch: row.epoch });
      },
    });
    await db.transaction((trx) =>
      outcome === undefined ? completeJob(trx, row, clock.now()) : snoozeJob(trx, row, outcome.again),
    );
  } catch (error) {
    await settleFailure(parts, row, error, stop);
  } finally {
    clearInterval(heartbeat);
  }
}

async function settleFailure(
  parts: Running,
  row: BackgroundJobTable,
  error: unknown,
  stop: AbortSignal,
): Promise<void> {
  const { db, clock, log, times } = parts;
  const now = clock.now();
  try {
    if (stop.aborted) {
      // First in the queue: what was begun goes on before anything new begins.
      await db.transaction((trx) => snoozeJob(trx, row, 0));
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    log.warn({ err: error, job: row.id, kind: row.kind, attempt: row.attempt }, 'background job failed');
    const delay = Math.min(LONGEST_BACKOFF_MS, times.backoffMs * 2 ** Math.min(16, row.attempt - 1));
    const retryAt = row.attempt >= row.max_attempts ? null : now + delay * (0.5 + Math.random() / 2);
    await db.transaction((trx) => failJob(trx, row, { message, now, retryAt: retryAt && Math.round(retryAt) }));
  } catch (failure) {
    log.error(
      { err: failure, job: row.id },
      'could not record the failure of a background job; its lease will run out',
    );
  }
}

function isGone(owner: string): boolean {
  return isKnownDead(JSON.parse(owner) as ProcessIdentity);
}
