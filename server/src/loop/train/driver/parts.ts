import type { Context } from '../../../context.ts';
import type { JobRun } from '../../../platform/jobs/jobs.ts';
import type { RunTracking } from '../run-tracking.ts';

/** What driving needs. */
export interface DriveParts extends Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock' | 'config' | 'log'> {
  readonly runs: RunTracking;
}

/** One turn of a driver that holds the lease of its job. */
export interface Drive {
  readonly fence: JobRun['fence'];
  /** Lease lost, or the server stops: put everything down where it is. */
  readonly signal: AbortSignal;
}
