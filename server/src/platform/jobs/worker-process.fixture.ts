import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { openPostgres } from '../db/open-postgres.ts';
import { openSqlite } from '../db/open-sqlite.ts';
import { createLog } from '../log.ts';
import type { JobTables } from './job-tables.ts';
import { openJobs } from './open-jobs.ts';

// A process of its own that takes a job, says so in the witness file, and would hold it for an hour.
const config = JSON.parse(process.argv[2] ?? '') as DatabaseConfig;
const db = config.kind === 'sqlite' ? openSqlite<JobTables>(config.path) : openPostgres<JobTables>(config.url);
const jobs = openJobs({ db, clock: systemClock, log: createLog('silent', 'worker'), times: { leaseMs: 3_600_000 } });
jobs.startWorker([
  {
    kind: 'long',
    async handle({ job }) {
      await appendFile(String(job.payload), 'started\n');
      await sleep(3_600_000);
      return undefined;
    },
  },
]);
