import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openContext } from '../../open-context.ts';
import { type Config, type DatabaseConfig, parseConfig } from '../../platform/config/config.ts';
import { readSettings } from '../../platform/config/settings.ts';
import { runSubscriptions } from '../../platform/events/run-subscriptions.ts';
import { createLog } from '../../platform/log.ts';
import { dataStage } from '../data/stage.ts';
import { listFirings } from './firing.store.ts';
import { scriptedPorts } from './scripted-ports.fixture.ts';
import { createRetrainStage } from './stage.ts';

// A control server without HTTP that goes on with whatever firing there is, and ends when it is done.
const [dataDir = '', database = '', witness = ''] = process.argv.slice(2);
const base = parseConfig(readSettings({}, { data: dataDir, port: '0', logLevel: 'silent' }));
const config: Config = { ...base, database: JSON.parse(database) as DatabaseConfig };
const ports = scriptedPorts();
const tell = (what: string, key: string, request: unknown) =>
  appendFileSync(witness, `${JSON.stringify({ what, key, request })}\n`);
const stages = [
  dataStage,
  createRetrainStage({
    ...ports,
    submitJob(parts, given) {
      tell('job', given.key, given.request);
      return ports.submitJob(parts, given);
    },
    requestDecision(parts, { cause, ...given }) {
      tell('decision', given.key, given);
      return ports.requestDecision(parts, { cause, ...given });
    },
    startRollout(parts, { cause, ...given }) {
      tell('rollout', given.key, given);
      return ports.startRollout(parts, { cause, ...given });
    },
  }),
];
await using context = await openContext(config, stages, { log: createLog('silent', 'firing') });
await using _worker = context.jobs.startWorker(stages.flatMap((stage) => stage.jobs?.(context) ?? []));
await using _reactions = runSubscriptions(
  context,
  stages.flatMap((stage) => stage.subscriptions?.(context) ?? []),
);
while (!(await listFirings(context.db.read, { limit: 1 })).some(({ state }) => state === 'done')) await sleep(50);
