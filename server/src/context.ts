import type { BucleDatabase } from './database.ts';
import type { BlobStore } from './platform/blobs/blob-store.ts';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config/config.ts';
import type { Migration } from './platform/db/database.ts';
import type { ErrorSpec } from './platform/errors.ts';
import type { Subscription } from './platform/events/events.ts';
import type { App } from './platform/http/create-http.ts';
import type { JobHandler, JobQueue } from './platform/jobs/jobs.ts';
import type { Log } from './platform/log.ts';
import type { Metric } from './platform/metric.ts';

/** The parts of one control server. Features take the two or three that they need, as first argument. */
export interface Context {
  readonly config: Config;
  readonly db: BucleDatabase;
  readonly blobs: BlobStore;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a stage of the loop brings; `loop/index.ts` lists them in order. */
export interface Stage {
  readonly name: string;
  readonly migrations: readonly Migration[];
  /** Its error catalogue: `<stage>Errors.specs`. */
  readonly errors: Readonly<Record<string, ErrorSpec>>;
  /** Registers its routes. */
  readonly routes?: (app: App, context: Context) => void | Promise<void>;
  /** Handlers of its durable jobs. */
  readonly jobs?: (context: Context) => readonly JobHandler[];
  /** What it does when something happened elsewhere. */
  readonly subscriptions?: (context: Context) => readonly Subscription[];
  /** What Prometheus is told about it. */
  readonly metrics?: (context: Context) => readonly Metric[];
}
