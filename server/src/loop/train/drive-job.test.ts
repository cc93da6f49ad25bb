import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { findMarked } from '../../platform/processes/find-processes.ts';
import { dataStage } from '../data/stage.ts';
import { pushSnapshot, recordingRuns, type TestJob, untilOver } from './project.fixture.ts';
import { createTrainStage } from './stage.ts';

const FILES = {
  'train.sh': { content: '#!/bin/sh\necho "training in $PWD"\ncat data.txt\n', mode: 'executable' as const },
  'data.txt': 'é1\n',
};

const IN_TIME = 20_000;

describe.concurrent.each(databases)('jobs on $name', { timeout: 90_000 }, (database) => {
  const open = async () => {
    const runs = recordingRuns();
    const app = await testApp({ database, stages: [dataStage, createTrainStage(runs)] });
    return { ...app, told: runs.told };
  };
  const submit = async (app: TestApp, command: string[], more: Record<string, unknown> = {}) => {
    const snapshot = await pushSnapshot(app.client, FILES);
    return app.client.request<TestJob>('POST', '/api/v1/jobs', { json: { command, snapshot, ...more } });
  };
  const logOf = async (app: TestApp, job: string) => (await app.client.send('GET', `/api/v1/jobs/${job}/logs`)).text();

  test('a command runs in a copy of its snapshot, and its output, exit code and run are kept', async () => {
    await using app = await open();
    const { id } = await submit(app, ['./train.sh'], { name: 'first', experiment: 'flights' });
    const job = await untilOver(app.client, id);
    expect(job).toMatchObject({ state: 'succeeded', reason: null, run: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(job.attempts).toEqual([
      expect.objectContaining({ number: 1, state: 'ended', outcome: 'succeeded', exit_code: 0, signal: null }),
    ]);
    const log = await logOf(app, id);
    expect(log).toMatch(/^bucle: no uv.lock.*\ntraining in .*work\né1\n/);
    expect(app.told).toEqual(['start first in flights', 'end FINISHED']);
    await vi.waitUntil(() => !existsSync(join(app.dataDir, 'attempts', id)), IN_TIME);
  });

  test('the command finds MLflow and Bucle in its environment, and no secret of the server', async () => {
    await using app = await open();
    const { id } = await submit(app, ['sh', '-c', 'env | sort']);
    const { run } = await untilOver(app.client, id);
    const lines = (await logOf(app, id)).split('\n').filter((line) => /^(MLFLOW|BUCLE)_/.test(line));
    expect(lines.map((line) => line.replace(/bucle_[\w-]{43}/, 'SECRET').replace(/=.*work\//, '=WORK/'))).toEqual([
      `BUCLE_ATTEMPT=${id}/1`,
      'BUCLE_INPUTS=WORK/inputs',
      `BUCLE_JOB=${id}`,
      'BUCLE_TOKEN=SECRET',
      `BUCLE_URL=${app.baseUrl}`,
      'MLFLOW_EXPERIMENT_ID=7',
      `MLFLOW_RUN_ID=${run}`,
      'MLFLOW_TRACKING_TOKEN=SECRET',
      `MLFLOW_TRACKING_URI=${app.baseUrl}`,
    ]);
  });

  test('a failure keeps its true exit code, and is tried again as often as was said', async () => {
    await using app = await open();
    const { id } = await submit(app, ['sh', '-c', 'echo oops >&2; exit 3'], { retries: 1 });
    const job = await untilOver(app.client, id);
    expect(job).toMatchObject({ state: 'failed', reason: 'The command ended with exit code 3.' });
    expect(job.attempts.map(({ outcome, exit_code }) => [outcome, exit_code])).toEqual([
      ['user', 3],
      ['user', 3],
    ]);
    expect(app.told).toEqual(['start sh in Default', 'end FAILED', 'start sh (attempt 2) in Default', 'end FAILED']);
  });

  test('a command that does not exist says so', async () => {
    await using app = await open();
    const { id } = await submit(app, ['no-such-program']);
    expect(await untilOver(app.client, id)).toMatchObject({ reason: 'The command was not found (exit code 127).' });
    expect(await logOf(app, id)).toContain('no-such-program');
  });

  test('a command that is killed tells the signal', async () => {
    await using app = await open();
    const { id } = await submit(app, ['sh', '-c', 'kill -9 $$']);
    const job = await untilOver(app.client, id);
    expect(job.attempts[0]).toMatchObject({ outcome: 'user', exit_code: null, signal: 'SIGKILL' });
  });

  test('a program that says that memory ran out is told apart', async () => {
    await using app = await open();
    const { id } = await submit(app, ['sh', '-c', 'echo MemoryError: no more; exit 1']);
    expect((await untilOver(app.client, id)).attempts[0]).toMatchObject({ outcome: 'oom', exit_code: 1 });
  });

  test('at its time limit a command is ended with all that it started', async () => {
    await using app = await open();
    const command = ['sh', '-c', 'trap "" TERM; setsid sleep 60 & sleep 60'];
    const { id } = await submit(app, command, { time_limit_seconds: 0.5, grace_seconds: 0.3 });
    const job = await untilOver(app.client, id);
    expect(job.attempts[0]).toMatchObject({ outcome: 'timeout' });
    expect(findMarked({ name: 'BUCLE_ATTEMPT', value: `${id}/1` })).toEqual([]);
    expect(await logOf(app, id)).toContain('bucle: the time limit of 0.5 s is over');
  });

  test('cancelling ends it, and the job says that it was cancelled', async () => {
    await using app = await open();
    const { id } = await submit(app, ['sh', '-c', 'echo up; sleep 60'], { grace_seconds: 1 });
    await vi.waitUntil(async () => (await logOf(app, id)).includes('up'), IN_TIME);
    await app.client.request('POST', `/api/v1/jobs/${id}/cancel`);
    await app.client.request('POST', `/api/v1/jobs/${id}/cancel`);
    const job = await untilOver(app.client, id);
    expect(job).toMatchObject({ state: 'cancelled' });
    expect(job.attempts[0]).toMatchObject({ outcome: 'cancelled', signal: 'SIGTERM' });
    expect(findMarked({ name: 'BUCLE_ATTEMPT', value: `${id}/1` })).toEqual([]);
    expect(app.told.at(-1)).toBe('end KILLED');
  });

  test('a job that is over cannot be cancelled', async () => {
    await using app = await open();
    const { id } = await submit(app, ['true']);
    await untilOver(app.client, id);
    await expect(app.client.request('POST', `/api/v1/jobs/${id}/cancel`)).rejects.toMatchObject({
      code: 'TRAIN_JOB_IS_OVER',
      status: 409,
    });
  });

  test('the log is read by byte offset, while it grows and after', async () => {
    await using app = await open();
    const { id } = await submit(app, ['sh', '-c', 'printf one; sleep 1; printf two']);
    let text = '';
    let offset = 0;
    const read = async () => {
      const answer = await app.client.send('GET', `/api/v1/jobs/${id}/logs`, { query: { offset, wait: 5, limit: 7 } });
      text += await answer.text();
      offset = Number(answer.headers.get('bucle-log-next'));
      return answer.headers.get('bucle-log-complete') === 'true';
    };
    while (!(await read())) expect(text.length).toBeLessThan(10_000);
    expect(text).toBe(await logOf(app, id));
    expect(text).toContain('onetwo');
  });

  test('the same key with the same body is the same job; with another body it is refused', async () => {
    await using app = await open();
    const snapshot = await pushSnapshot(app.client, FILES);
    const post = (json: unknown, key: string) =>
      app.client.request<TestJob>('POST', '/api/v1/jobs', { json, headers: { 'idempotency-key': key } });
    const jobs = await Promise.all(Array.from({ length: 50 }, () => post({ command: ['true'], snapshot }, 'k')));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    await expect(post({ command: ['false'], snapshot }, 'k')).rejects.toMatchObject({
      status: 422,
      code: 'TRAIN_KEY_REUSED',
    });
    const { jobs: all } = await app.client.request<{ jobs: unknown[] }>('GET', '/api/v1/jobs');
    expect(all.length).toBe(1);
    await untilOver(app.client, jobs[0]?.id ?? '');
  });

  test('an environment that cannot be built fails the attempt with the reason, and is not tried again', async () => {
    await using app = await open();
    const snapshot = await pushSnapshot(app.client, { 'requirements.txt': '--no-index\nno-such-package==1\n' });
    const { id } = await app.client.request<TestJob>('POST', '/api/v1/jobs', {
      json: { command: ['true'], snapshot, infra_retries: 0 },
    });
    const job = await untilOver(app.client, id);
    expect(job.attempts.map(({ outcome }) => outcome)).toEqual(['user']);
    expect(job.reason).toContain('because of no-such-package');
    expect(await logOf(app, id)).toContain('no-such-package');
    await vi.waitUntil(async () => (await readdir(join(app.dataDir, 'attempts'))).length === 0, IN_TIME);
  });
});
