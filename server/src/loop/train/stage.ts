import { availableParallelism } from 'node:os';
import type { Context, Stage } from '../../context.ts';
import { environmentErrors } from '../../platform/environments/errors.ts';
import { driveJob } from './driver/drive-job.ts';
import { reapAttempts } from './driver/reap-attempts.ts';
import { trainErrors } from './errors.ts';
import { jobRoutes } from './job.routes.ts';
import { jobTemplateRoutes } from './job-template.routes.ts';
import { trainMigrations } from './migrations/index.ts';
import type { RunTracking } from './run-tracking.ts';
import { snapshotRoutes } from './snapshot.routes.ts';

/** Attempts at once on this machine: at least two, so that one long job does not stop all others. */
export const attemptSlots = Math.max(2, Math.floor(availableParallelism() / 2));

/** The stage over what `track` offers. */
export function createTrainStage(runs: RunTracking): Stage {
  return {
    name: 'train',
    migrations: trainMigrations,
    errors: { ...trainErrors.specs, ...environmentErrors.specs },
    routes(app, context) {
      snapshotRoutes(app, context);
      jobRoutes(app, context);
      jobTemplateRoutes(app, context);
    },
    jobs(context: Context) {
      const parts = { ...context, runs };
      void reapAttempts(parts).catch((error: unknown) => context.log.warn({ err: error }, 'could not reap attempts'));
      return [driveJob(parts, { slots: attemptSlots })];
    },
  };
}
