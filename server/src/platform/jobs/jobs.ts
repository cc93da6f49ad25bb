import type { Transaction } from 'kysely';
import { defineErrors } from '../errors.ts';
import type { JobTables } from './job-tables.ts';

export interface NewJob {
  /** Names the handler. */
  readonly kind: string;
  /** Among live jobs of a kind a key is there once: asking again returns the one that lives. */
  readonly key?: string;
  /** Plain JSON. */
  readonly payload: unknown;
  /** Milliseconds since the epoch; absent: now. */
  readonly runAt?: number;
  /** How often it may fail before it is dead. */
  readonly maxAttempts?: number;
}

export interface ClaimedJob {
  readonly id: string;
  readonly kind: string;
  readonly key: string | null;
  readonly payload: unknown;
  /** 1 at the first try. */
  readonly attempt: number;
  /** Grows with each claim; a writer with an older one is refused. */
  readonly epoch: number;
}

export interface JobRun {
  readonly job: ClaimedJob;
  /** Aborted when the lease was lost, the job was cancelled, or the process stops. */
  readonly signal: AbortSignal;
  /** Call first in a transaction: it fails when somebody else holds the job by now. @throws JOBS_LEASE_LOST */
  fence(trx: Transaction<JobTables>): Promise<void>;
}

/** What a handler may answer: done, or "look again then", which counts as no failure. */
export type JobOutcome = undefined | { readonly again: number };

export interface JobHandler {
  readonly kind: string;
  /** How many at once in this process; default 1. */
  readonly concurrency?: number;
  /** Must be idempotent: after a crash it runs again. A throw is a failed attempt. */
  handle(run: JobRun): Promise<JobOutcome>;
}

/** Durable background jobs, in the database of everything else. */
export interface JobQueue extends AsyncDisposable {
  /** In the caller's transaction: the job exists if and only if the change does. Returns the job's id. */
  enqueue(trx: Transaction<JobTables>, job: NewJob): Promise<string>;
  /** Makes a live job due now. */
  wake(kind: string, key: string): Promise<void>;
  /** Claims and runs jobs of these kinds until disposed. */
  startWorker(handlers: readonly JobHandler[]): AsyncDisposable;
}

export const jobErrors = defineErrors('JOBS', {
  LEASE_LOST: {
    status: 409,
    message: 'The background job {job} belongs to another worker by now (epoch {epoch} is old).',
  },
});
