import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../../../test/databases.ts';
import { killedOn } from '../../../test/killed-server.ts';
import type { Tables } from '../../database.ts';
import { systemClock } from '../clock.ts';
import { parseConfig } from '../config/config.ts';
import { readSettings } from '../config/settings.ts';
import { migrate } from '../db/migrate.ts';
import { appendEvent } from '../events/event.store.ts';
import { eventMigrations } from '../events/migrations/index.ts';
import { jobMigrations } from '../jobs/migrations/index.ts';
import { siblingModule } from '../processes/sibling-module.ts';
import { createWebhook } from './create-webhook.ts';
import { webhookMigrations } from './migrations/index.ts';
import { realNetwork } from './network.ts';
import { startReceiver } from './receiver.fixture.ts';

const allow = { BUCLE_WEBHOOK_ALLOW: '127.0.0.1' };

describe.each(killedOn)('webhooks on $name, killed with -9', (kind) => {
  test.each([
    ['delivered:webhooks:before', 1],
    ['delivered:webhooks:after', 1],
    ['webhook:delivery:before', 1],
    ['webhook:delivery:sent', 2],
    ['webhook:delivery:after', 1],
  ])('at %s, tell of an event in one delivery that arrives', async (point, times) => {
    const folder = await mkdtemp(join(tmpdir(), 'bucle-hook-'));
    await using database = await kind.create();
    await using db = openDatabase<Tables>(database.config);
    await using receiver = await startReceiver();
    await migrate(db, [...jobMigrations, ...eventMigrations, ...webhookMigrations], Date.now);
    const parts = { db, clock: systemClock, config: parseConfig(readSettings(allow)) };
    const url = `http://127.0.0.1:${receiver.port}/`;
    const because = { actor: 'ada', cause: 'request:1' };
    await createWebhook(parts, { name: 'hook', url, events: ['alert.*'], ...because }, realNetwork);
    const event = { type: 'alert.opened', subject: 'alert:7', actor: 'monitor' };
    await db.transaction((trx) => appendEvent(trx, parts, event));
    const fuse = join(folder, 'fuse');
    await writeFile(fuse, 'SIGKILL');

    const first = start(database.config, `${point}:${fuse}`);
    const [, signal] = await new Promise<unknown[]>((resolve) => first.once('exit', (...how) => resolve(how)));
    expect([signal, existsSync(fuse)]).toEqual(['SIGKILL', false]);
    const second = start(database.config);
    try {
      await vi.waitUntil(async () => (await states(db))[0]?.job === 'done', { timeout: 60_000, interval: 20 });
    } finally {
      second.kill('SIGKILL');
    }
    expect(await states(db)).toEqual([{ job: 'done', delivery: 'delivered', attempts: 1 }]);
    expect(receiver.received).toHaveLength(times);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await rm(folder, { recursive: true });
  });
});

function start(config: unknown, failpoint?: string): ChildProcess {
  const module = siblingModule(import.meta.url, './worker-process.fixture');
  return spawn(process.execPath, [module.pathname, JSON.stringify(config)], {
    stdio: 'inherit',
    env: { ...process.env, ...allow, ...(failpoint === undefined ? {} : { BUCLE_FAILPOINT: failpoint }) },
  });
}

async function states(db: ReturnType<typeof openDatabase<Tables>>) {
  const deliveries = await db.read.selectFrom('webhook_deliveries').select(['state', 'attempts']).execute();
  const jobs = await db.read.selectFrom('background_jobs').select('state').execute();
  return jobs.map(({ state: job }, index) => ({
    ...{ job, delivery: deliveries[index]?.state },
    attempts: Number(deliveries[index]?.attempts),
  }));
}
