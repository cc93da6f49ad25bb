import type { Tables } from '../../database.ts';
import { systemClock } from '../clock.ts';
import { type DatabaseConfig, parseConfig } from '../config/config.ts';
import { readSettings } from '../config/settings.ts';
import { openPostgres } from '../db/open-postgres.ts';
import { openSqlite } from '../db/open-sqlite.ts';
import { runSubscriptions } from '../events/run-subscriptions.ts';
import { openJobs } from '../jobs/open-jobs.ts';
import { createLog } from '../log.ts';
import { deliveryJob } from './deliver-event.ts';
import { webhookSubscription } from './event-subscription.ts';
import { realNetwork } from './network.ts';

// A process of its own that tells webhooks of events until it is killed.
const config = JSON.parse(process.argv[2] ?? '') as DatabaseConfig;
const db = config.kind === 'sqlite' ? openSqlite<Tables>(config.path) : openPostgres<Tables>(config.url);
const log = createLog('silent', 'webhooks');
const jobs = openJobs({ db, clock: systemClock, log, times: { pollMs: 10, rescueMs: 20 } });
const parts = { db, clock: systemClock, log, jobs, config: parseConfig(readSettings(process.env)) };
jobs.startWorker([deliveryJob(parts, realNetwork)]);
runSubscriptions(parts as never, [webhookSubscription(parts)]);
