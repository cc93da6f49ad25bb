import { openDatabase } from '../../../test/databases.ts';
import type { Tables } from '../../database.ts';
import { systemClock } from '../../platform/clock.ts';
import type { DatabaseConfig } from '../../platform/config/config.ts';
import { openJobs } from '../../platform/jobs/open-jobs.ts';
import { createLog } from '../../platform/log.ts';
import { qualityJob } from './compute-quality.ts';
import { receiveLabels } from './receive-labels.ts';

interface Task {
  readonly database: DatabaseConfig;
  readonly lines: readonly string[];
  /** Null: none; the quality is computed instead when there are no lines. */
  readonly key: string | null;
}

// A process of its own that keeps labels, or computes quality, and dies where BUCLE_FAILPOINT says.
const task = JSON.parse(process.argv[2] ?? '') as Task;
const db = openDatabase<Tables>(task.database);
const parts = {
  db,
  clock: systemClock,
  jobs: openJobs({ db, clock: systemClock, log: createLog('silent', 'labels') }),
};
if (task.lines.length > 0) {
  await receiveLabels(parts, {
    endpoint: 'flights',
    lines: task.lines,
    key: task.key,
    actor: 'test',
    cause: 'request:1',
  });
} else {
  await qualityJob(parts).handle({
    job: { id: 'j', kind: 'monitor.quality', key: null, payload: { endpoint: 'flights' }, attempt: 1, epoch: 1 },
    signal: new AbortController().signal,
    fence: async () => {},
  });
}
await db[Symbol.asyncDispose]();
