import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type PoolOptions, type PoolWorker, WorkerGone, WorkerPool } from './worker-pool.ts';

const settings = { workers: 1, maxQueue: 100, stuckMs: 1_000 };

/** Workers that take the given time, and die of the job `die`. */
function workers(ms: number, failStarts = 0): Pick<PoolOptions<string, string>, 'open'> & { started: number } {
  const made = {
    started: 0,
    async open(): Promise<PoolWorker<string, string>> {
      made.started += 1;
      if (made.started > 1 && made.started <= 1 + failStarts) throw new Error('no memory');
      const number = made.started;
      const { promise: gone, resolve: end } = Promise.withResolvers<string>();
      return {
        gone,
        async run(job) {
          await sleep(ms);
          if (job === 'die' || (job === 'die once' && number === 1)) {
            end('it fell over');
            throw new WorkerGone('it fell over');
          }
          return `${job} by ${number}`;
        },
        async [Symbol.asyncDispose]() {
          end('it was closed');
        },
      };
    },
  };
  return made;
}

describe('a pool of workers', () => {
  test('starts a worker that died again and repeats what it computed, once', async () => {
    const made = workers(5);
    await using pool = await WorkerPool.open({ ...settings, open: made.open });
    const { answer } = await pool.submit('die once', 5_000);
    expect(answer).toBe('die once by 2');
    expect(pool.load()).toEqual({ workers: 1, busy: 0, queued: 0, lost: 1 });
  });

  test('gives up on what killed two workers, and answers the others', async () => {
    const made = workers(5);
    await using pool = await WorkerPool.open({ ...settings, open: made.open });
    const poison = pool.submit('die', 5_000);
    const healthy = pool.submit('fine', 5_000);
    await expect(poison).rejects.toMatchObject({ code: 'ENGINE_WORKER_LOST', status: 500 });
    expect((await healthy).answer).toBe('fine by 3');
  });

  test('says so at once when workers do not start any more, and recovers when they do', async () => {
    const made = workers(5, 3);
    await using pool = await WorkerPool.open({ ...settings, open: made.open });
    await expect(pool.submit('die', 5_000)).rejects.toMatchObject({ code: 'ENGINE_WORKER_DOWN', status: 503 });
    await expect(pool.submit('fine', 5_000)).rejects.toMatchObject({
      code: 'ENGINE_WORKER_DOWN',
      details: { reason: 'no memory' },
    });
    await expect.poll(() => pool.load().workers, { timeout: 60_000 }).toBe(1);
    expect((await pool.submit('fine', 5_000)).answer).toBe('fine by 5');
  });

  test('lets nobody wait longer than asked, and computes nothing that nobody waits for', async () => {
    const made = workers(60);
    await using pool = await WorkerPool.open({ ...settings, open: made.open });
    const first = pool.submit('a', 5_000);
    const late = pool.submit('b', 20);
    await expect(late).rejects.toMatchObject({
      code: 'ENGINE_DEADLINE',
      message: 'The model did not answer within 20 ms.',
    });
    await first;
    expect(pool.load()).toEqual({ workers: 1, busy: 0, queued: 0, lost: 0 });
  });

  test('refuses at once what it cannot answer in time, as it has learnt', async () => {
    const made = workers(40);
    await using pool = await WorkerPool.open({ ...settings, open: made.open });
    for (let times = 0; times < 12; times += 1) await pool.submit('a', 5_000);
    const waiting = Array.from({ length: 5 }, () => pool.submit('a', 5_000));
    const began = performance.now();
    await expect(pool.submit('b', 100)).rejects.toMatchObject({ code: 'ENGINE_OVERLOADED', retryable: true });
    expect(performance.now() - began).toBeLessThan(20);
    await Promise.all(waiting);
  });

  test('closes although its only worker is dead', async () => {
    const made = workers(5, 100);
    const pool = await WorkerPool.open({ ...settings, open: made.open });
    const lost = pool.submit('die', 5_000);
    lost.catch(() => {});
    await sleep(30);
    await pool[Symbol.asyncDispose]();
    await expect(lost).rejects.toMatchObject({ status: 503 });
  });
});
