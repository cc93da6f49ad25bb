import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { databases, openDatabase } from '../../../test/databases.ts';
import { systemClock } from '../clock.ts';
import { migrate } from '../db/migrate.ts';
import { createLog } from '../log.ts';
import { siblingModule } from '../processes/sibling-module.ts';
import type { JobTables } from './job-tables.ts';
import type { JobHandler } from './jobs.ts';
import { jobMigrations } from './migrations/index.ts';
import { type JobTimes, openJobs } from './open-jobs.ts';

const log = createLog('silent', 'test');

describe.each(databases)('background jobs on $name', (kind) => {
  const open = async (times: Partial<JobTimes> = {}) => {
    const created = await kind.create();
    const db = openDatabase<JobTables>(created.config);
    await migrate(db, jobMigrations, Date.now);
    const jobs = openJobs({ db, clock: systemClock, log, times: { pollMs: 5, rescueMs: 20, backoffMs: 5, ...times } });
    return {
      db,
      jobs,
      config: created.config,
      enqueue: (kind_: string, more: { key?: string; payload?: unknown; maxAttempts?: number } = {}) =>
        db.transaction((trx) => jobs.enqueue(trx, { kind: kind_, payload: null, ...more })),
      rows: () => db.read.selectFrom('background_jobs').selectAll().execute(),
      async [Symbol.asyncDispose]() {
        await jobs[Symbol.asyncDispose]();
        await db[Symbol.asyncDispose]();
        await created[Symbol.asyncDispose]();
      },
    };
  };

  test('a job runs once with its payload, and is done', async () => {
    await using t = await open();
    const seen: unknown[] = [];
    t.jobs.startWorker([{ kind: 'greet', handle: async ({ job }) => void seen.push(job.payload) }]);
    await t.enqueue('greet', { payload: { name: 'ada' } });
    await vi.waitUntil(async () => (await t.rows())[0]?.state === 'done');
    expect(seen).toEqual([{ name: 'ada' }]);
  });

  test('a job of a transaction that failed never existed', async () => {
    await using t = await open();
    await expect(
      t.db.transaction(async (trx) => {
        await t.jobs.enqueue(trx, { kind: 'greet', payload: null });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await t.rows()).toEqual([]);
  });

  test('a thousand requests with one key make one job', async () => {
    await using t = await open();
    const ids = await Promise.all(Array.from({ length: 1000 }, () => t.enqueue('once', { key: 'k' })));
    expect(new Set(ids).size).toBe(1);
    expect(await t.rows()).toHaveLength(1);
  });

  test('a failure is tried again until the attempts are used up, then the job is dead with its reason', async () => {
    await using t = await open();
    const attempts: number[] = [];
    t.jobs.startWorker([
      {
        kind: 'break',
        handle: async ({ job }) => {
          attempts.push(job.attempt);
          throw new Error(`failure ${job.attempt}`);
        },
      },
    ]);
    await t.enqueue('break', { maxAttempts: 3 });
    await vi.waitUntil(async () => (await t.rows())[0]?.state === 'dead', { timeout: 60_000 });
    expect(attempts).toEqual([1, 2, 3]);
    expect((await t.rows())[0]).toMatchObject({ error: 'failure 3', attempt: 3 });
  });

  test('looking again later is no failure, and a wake-up comes before its time', async () => {
    await using t = await open();
    const attempts: number[] = [];
    t.jobs.startWorker([
      {
        kind: 'watch',
        handle: async ({ job }) => {
          attempts.push(job.attempt);
          return attempts.length < 3 ? { again: Date.now() + 3_600_000 } : undefined;
        },
      },
    ]);
    await t.enqueue('watch', { key: 'w' });
    for (const count of [1, 2]) {
      await vi.waitUntil(() => attempts.length === count);
      await t.jobs.wake('watch', 'w');
    }
    await vi.waitUntil(async () => (await t.rows())[0]?.state === 'done');
    expect(attempts).toEqual([1, 1, 1]);
  });

  test('a worker whose lease ran out is fenced off: its write fails, the next one’s holds', async () => {
    await using t = await open({ leaseMs: 100_000 });
    const results: string[] = [];
    const handler: JobHandler = {
      kind: 'slow',
      handle: async ({ job, fence }) => {
        if (job.epoch === 1) {
          // Another worker takes over while this one is stopped.
          await t.db.transaction((trx) =>
            trx.updateTable('background_jobs').set({ state: 'running', epoch: 2 }).execute(),
          );
        }
        await t.db
          .transaction(async (trx) => {
            await fence(trx);
            results.push(`epoch ${job.epoch} wrote`);
          })
          .catch((error: { code: string }) => {
            results.push(`epoch ${job.epoch}: ${error.code}`);
          });
        return undefined;
      },
    };
    t.jobs.startWorker([handler]);
    await t.enqueue('slow');
    await vi.waitUntil(() => results.length === 1);
    expect(results).toEqual(['epoch 1: JOBS_LEASE_LOST']);
    expect((await t.rows())[0]).toMatchObject({ state: 'running', epoch: 2 });
  });

  test('two workers never run one job at once, and every job runs', async () => {
    await using t = await open();
    let now = 0;
    let most = 0;
    const ran: unknown[] = [];
    const handler: JobHandler = {
      kind: 'one',
      concurrency: 4,
      handle: async ({ job }) => {
        now += 1;
        most = Math.max(most, now);
        ran.push(job.payload);
        await sleep(2);
        now -= 1;
        return undefined;
      },
    };
    t.jobs.startWorker([handler]);
    t.jobs.startWorker([handler]);
    await Promise.all(Array.from({ length: 60 }, (_value, index) => t.enqueue('one', { payload: index })));
    await vi.waitUntil(() => ran.length >= 60, { timeout: 60_000 });
    expect([...ran].sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 60 }, (_value, index) => index),
    );
    expect(most).toBeLessThanOrEqual(8);
  });

  test('a job whose process was killed with -9 is taken up at once, though its lease has hours to go', async () => {
    await using t = await open();
    const folder = await mkdtemp(join(tmpdir(), 'bucle-jobs-'));
    const witness = join(folder, 'witness');
    await writeFile(witness, '');
    await t.enqueue('long', { payload: witness });
    const worker = siblingModule(import.meta.url, './worker-process.fixture');
    const child = spawn(process.execPath, [worker.pathname, JSON.stringify(t.config)], { stdio: 'inherit' });
    await vi.waitUntil(async () => (await readFile(witness, 'utf8')).includes('started'), { timeout: 60_000 });
    child.kill('SIGKILL');
    const epochs: number[] = [];
    t.jobs.startWorker([{ kind: 'long', handle: async ({ job }) => void epochs.push(job.epoch) }]);
    await vi.waitUntil(async () => (await t.rows())[0]?.state === 'done', { timeout: 60_000 });
    expect(epochs).toEqual([2]);
    await rm(folder, { recursive: true });
  });
});
