import type { Context } from '../../context.ts';
import type { JobHandler } from '../../platform/jobs/jobs.ts';
import { closeWindows } from './close-windows.ts';
import { ingestCaptures } from './ingest-captures.ts';
import { findBinnings, findMonitor, findProgress, writeProgress } from './monitor.store.ts';
import { INGEST_KIND, requestReference } from './request-ingest.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock' | 'jobs'>;

/** Counts the captures that wait of an endpoint, then closes the windows that are over. */
export function ingestJob(parts: Parts): JobHandler {
  return {
    kind: INGEST_KIND,
    async handle(run) {
      const { endpoint } = run.job.payload as { endpoint: string };
      const monitor = await findMonitor(parts.db.read, endpoint);
      if (!monitor) return undefined;
      try {
        await ingestCaptures(parts, run, monitor);
        if ((await findBinnings(parts.db.read, endpoint)) === null) {
          await parts.db.transaction((trx) => requestReference(parts, trx, endpoint));
        } else await closeWindows(parts, run, monitor);
      } catch (error) {
        if (!run.signal.aborted) await tell(parts, endpoint, (error as Error).message.slice(0, 1_000));
        throw error;
      }
      await tell(parts, endpoint, null);
      return undefined;
    },
  };
}

/** Shown with the monitor until it is over. */
async function tell({ db }: Parts, endpoint: string, problem: string | null): Promise<void> {
  const known = await findProgress(db.read, endpoint);
  if (!known || known.problem === problem) return;
  await db.transaction((trx) => writeProgress(trx, endpoint, { problem }));
}
