import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CliOptions, cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { dataStage } from '../../loop/data/stage.ts';
import { recordingRuns, untilOver } from '../../loop/train/project.fixture.ts';
import { createTrainStage } from '../../loop/train/stage.ts';
import { startProxy } from '../proxy.fixture.ts';
import { parseDuration } from './duration.ts';
import { formatCommand } from './job.ts';

let app: TestApp;
let project: string;

beforeAll(async () => {
  app = await testApp({ stages: [dataStage, createTrainStage(recordingRuns())] });
});
afterAll(() => app[Symbol.asyncDispose]());

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'bucle-cli-jobs-'));
  await writeFile(join(project, 'train.sh'), 'echo "training on $(cat note.txt)"\n');
  await writeFile(join(project, 'note.txt'), 'uncommitted words');
});
afterEach(() => rm(project, { recursive: true, force: true }));

const bucle = (words: string[], { url = app.baseUrl, ...options }: CliOptions & { url?: string } = {}) => {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  return cli([...own, '--url', url, ...(end < 0 ? [] : words.slice(end))], { cwd: project, ...options });
};

const submit = async (words: string[]) => (await bucle(['jobs', 'run', '--detach', ...words])).stdout.trim();

describe('bucle jobs run', () => {
  test('runs a copy of the folder, prints the log, and ends with 0 when the job succeeded', async () => {
    const { code, stdout, stderr } = await bucle(['jobs', 'run', '--name', 'first', '--', 'sh', 'train.sh']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/training on uncommitted words\n$/);
    expect(stderr).toMatch(
      /^Snapshot [0-9a-f]{12}: 2 files, \d+ B; \d+ B of it new\.\njob:[0-9a-f-]{36} \(first\) was accepted/,
    );
    expect(stderr).toMatch(/\njob:[0-9a-f-]{36} succeeded\.\n {2}next: Its run: bucle runs show [0-9a-f]{32}\n$/);
    const again = await bucle(['jobs', 'run', '--', 'sh', 'train.sh']);
    expect(again.stderr).toContain('2 files, 52 B; all stored already.');
  });

  test('a failure ends with 1, and says why and where to look', async () => {
    const { code, stdout, stderr } = await bucle(['jobs', 'run', '--', 'sh', '-c', 'echo oops >&2; exit 3']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/oops\n$/);
    expect(stderr).toMatch(
      /\njob:[0-9a-f-]{36} failed: The command ended with exit code 3\.\n {2}next: Its log: bucle jobs logs [0-9a-f-]{36}\. Mend the code/,
    );
  });

  test('a retry is followed too', async () => {
    const command = ['sh', '-c', 'echo try $BUCLE_ATTEMPT; case $BUCLE_ATTEMPT in */2) exit 0;; *) exit 9;; esac'];
    const { code, stdout, stderr } = await bucle(['jobs', 'run', '--retries', '1', '--', ...command]);
    expect(code).toBe(0);
    expect(stdout.match(/^try .*$/gm)).toEqual([expect.stringMatching(/\/1$/), expect.stringMatching(/\/2$/)]);
    expect(stderr).toContain('Attempt 1 ended: The command ended with exit code 9. Attempt 2 follows.\n');
    expect(stderr).toContain('succeeded after 2 attempts.');
  });

  test('Ctrl-C leaves the job alone, and says how to come back', async () => {
    const interrupt = new AbortController();
    const command = ['sh', '-c', 'echo up; sleep 2; echo down'];
    const following = bucle(['jobs', 'run', '--name', 'left-alone', '--', ...command], { signal: interrupt.signal });
    const id = await vi.waitUntil(() => findJob('left-alone'), { timeout: 60_000 });
    await vi.waitUntil(async () => (await bucle(['jobs', 'logs', id])).stdout.includes('up'), { timeout: 60_000 });
    interrupt.abort(new Error('interrupted'));
    const { code, stderr } = await following;
    expect(code).toBe(130);
    expect(stderr).toContain(`Detached; the job goes on. Follow it again: bucle jobs logs -f ${id}\n`);
    const followed = await bucle(['jobs', 'logs', '-f', id]);
    expect(followed).toMatchObject({ code: 0, stdout: expect.stringMatching(/up\ndown\n$/) });
  });

  test('a server that goes away while the log is followed is waited for, and no byte comes twice', async () => {
    await using proxy = await startProxy(
      app.baseUrl,
      ({ url, count }) => {
        if (!url.includes('/logs?')) return 'pass';
        return (['cut', 'break', 'busy'] as const)[count(url) - 1] ?? 'pass';
      },
      3,
    );
    const command = ['sh', '-c', 'for i in 1 2 3 4; do echo line $i; sleep 0.3; done'];
    const { code, stdout, stderr } = await bucle(['jobs', 'run', '--', ...command], { url: proxy.url });
    expect(code).toBe(0);
    expect(stdout).toMatch(/line 1\nline 2\nline 3\nline 4\n$/);
    expect(stdout.match(/line/g)).toHaveLength(4);
    expect(stderr).toContain('The job goes on; waiting for the server…\n');
    expect(stderr).toContain('The server answers again.\n');
  });

  test('an answer that is lost does not start a second job', async () => {
    await using proxy = await startProxy(
      app.baseUrl,
      ({ method, url, count }) => (method === 'POST' && url === '/api/v1/jobs' && count(url) === 1 ? 'cut' : 'pass'),
      0,
    );
    await bucle(['jobs', 'run', '--name', 'once', '--', 'true'], { url: proxy.url });
    const { jobs } = await app.client.request<{ jobs: { name: string }[] }>('GET', '/api/v1/jobs');
    expect(jobs.filter(({ name }) => name === 'once')).toHaveLength(1);
  });

  test('inputs are dataset versions, and all flags reach the job', async () => {
    await writeFile(join(project, 'days.csv'), 'day\n1\n');
    await bucle(['data', 'push', 'days', 'days.csv']);
    const words = ['--experiment', 'flights', '--input', 'train=days@1', '--time-limit', '1m30s', '--json'];
    const { code, stdout, stderr } = await bucle([
      'jobs',
      'run',
      ...words,
      '--',
      'sh',
      '-c',
      'cat $BUCLE_INPUT_TRAIN/days.csv',
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('day\n1\n');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ state: 'succeeded', experiment: 'flights', time_limit_seconds: 90, git: null },
      inputs: [{ name: 'train', dataset: 'days', number: 1 }],
    });
  });

  test('a secret stops it before anything is sent', async () => {
    await writeFile(join(project, '.env'), 'PASSWORD=1');
    const { code, stdout, stderr } = await bucle(['jobs', 'run', '--', 'true']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('  .env: a file of environment variables (env-file)\n  next: Leave them out');
    expect((await bucle(['jobs', 'run', '--allow-secret', '.env', '--', 'cat', '.env'])).stdout).toMatch(/PASSWORD=1$/);
  });

  test('a folder elsewhere is the project', async () => {
    await mkdir(join(project, 'code'));
    await writeFile(join(project, 'code', 'only.txt'), '');
    expect((await bucle(['jobs', 'run', '--project', 'code', '--', 'ls'])).stdout).toMatch(/only\.txt\n$/);
  });

  test.each([
    [['python', 'train.py'], 2, 'The command of the job comes behind "--": bucle jobs run -- python train.py'],
    [['--input', 'days@1', '--', 'true'], 2, '--input "days@1" must be NAME=DATASET@N'],
    [['--time-limit', 'soon', '--', 'true'], 2, '--time-limit "soon" is no duration: write 45s, 20m, 1h30m or 2d.'],
    [['--retries', '-1', '--', 'true'], 2, 'retries'],
    [['--requirements', '/etc/x.txt', '--', 'true'], 2, '--requirements /etc/x.txt lies outside of the project'],
    [['--requirements', 'no.txt', '--', 'true'], 1, 'the snapshot has no file no.txt.\n  next: Give --requirements'],
    [['--input', 'a=nothing@1', '--', 'true'], 5, 'nothing'],
    [
      ['--project', 'nowhere', '--', 'true'],
      1,
      'nowhere is no folder.\n  next: Name the folder of the code by --project',
    ],
  ])('%j ends with %i and says what to do', async (words, code, message) => {
    const result = await bucle(['jobs', 'run', ...words]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
  });
});

describe('bucle jobs ls, show, logs and cancel', () => {
  test('a job is listed, shown and cancelled', async () => {
    const id = await submit(['--name', 'long', '--', 'sh', '-c', 'echo up; sleep 60']);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await vi.waitUntil(async () => (await bucle(['jobs', 'logs', id])).stdout.includes('up'), { timeout: 60_000 });
    const listed = await bucle(['jobs', 'ls', '--state', 'running']);
    expect(listed.stdout).toMatch(
      new RegExp(
        `^job\tname\tstate\texperiment\tcreated\ttook\tcommand\n${id}\tlong\trunning\tDefault\t\\S+ \\S+\t–\tsh -c 'echo up; sleep 60'\n$`,
      ),
    );
    expect((await bucle(['jobs', 'logs', id])).stderr).toBe(
      `The job is not over. Follow it: bucle jobs logs -f ${id}\n`,
    );
    const cancelled = await bucle(['jobs', 'cancel', `job:${id}`]);
    expect(cancelled).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining(`job:${id} is told to end.`),
    });
    expect((await bucle(['jobs', 'logs', '-f', id])).code).toBe(1);
    expect((await bucle(['jobs', 'cancel', id])).code).toBe(0);
    const shown = await bucle(['jobs', 'show', id]);
    expect(shown.stdout).toMatch(
      /^job: {9}job:\S+\nname: {8}long\nstate: {7}cancelled.*\ncommand: {5}sh -c 'echo up; sleep 60'\n/,
    );
    expect(shown.stdout).toMatch(/\n1\tended\tcancelled\tSIGTERM\t\S+ \S+\t\d+s\t[0-9a-f]{32}\t/);
    expect(shown.stdout).toContain('attempt 1: It was cancelled.\n');
    expect(shown.stderr).toBe(`  next: Its log: bucle jobs logs ${id}\n`);
  });

  test('the log of each attempt can be printed, byte by byte', async () => {
    const id = await submit(['--retries', '1', '--', 'sh', '-c', 'printf "é$BUCLE_ATTEMPT"; exit 1']);
    await untilOver(app.client, id);
    expect((await bucle(['jobs', 'logs', id, '--attempt', '1'])).stdout).toMatch(/é.*\/1$/);
    expect((await bucle(['jobs', 'logs', id])).stdout).toMatch(/é.*\/2$/);
    expect(await bucle(['jobs', 'logs', id, '--attempt', '3'])).toMatchObject({ code: 5, stdout: '' });
  });

  test('an id may be shortened while only one job begins so', async () => {
    const first = await submit(['--', 'true']);
    const second = await submit(['--', 'true']);
    await untilOver(app.client, first);
    await untilOver(app.client, second);
    expect((await bucle(['jobs', 'show', first.slice(0, 30)])).stdout).toContain(`job:${first}\n`);
    const table = await bucle(['jobs', 'ls'], { isTTY: true, columns: 80 });
    const shown = table.stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
    expect(shown.filter((word) => word !== '' && first.startsWith(word))).toHaveLength(1);
    const both = await bucle(['jobs', 'show', first.slice(0, 6)]);
    expect(both.code).toBe(2);
    expect(both.stderr).toMatch(
      /jobs begin with [0-9a-f]{6}; give more of the id:\n {2}[0-9a-f-]{36} {2}true \(succeeded\)\n/,
    );
    expect(await bucle(['jobs', 'show', first.slice(0, 5)])).toMatchObject({ code: 2 });
    expect(await bucle(['jobs', 'show', 'ffffffff'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('No job begins with ffffffff.'),
    });
    expect(await bucle(['jobs', 'show', first.replace(/.$/, (end) => (end === '0' ? '1' : '0'))])).toMatchObject({
      code: 5,
    });
  });

  test('an unknown state names those that there are', async () => {
    expect(await bucle(['jobs', 'ls', '--state', 'done'])).toMatchObject({
      code: 2,
      stderr: 'error: --state done is none of queued, running, succeeded, failed, cancelled.\n',
    });
  });
});

test.each([
  ['90', 90],
  ['45s', 45],
  ['1h30m', 5_400],
  ['2d', 172_800],
  ['1.5h', 5_400],
])('%s lasts %d seconds', (text, seconds) => {
  expect(parseDuration('--time-limit', text)).toBe(seconds);
});

test.each(['', '0', '0s', 'h', '5 m', '-3s', '1h x', '10w'])('%j is no duration', (text) => {
  expect(() => parseDuration('--time-limit', text)).toThrow('is no duration');
});

test('a command is shown so that it can be typed again', () => {
  expect(formatCommand(['python', 'train.py', '--lr=0.1', "it's", 'a b', ''])).toBe(
    "python train.py --lr=0.1 'it'\\''s' 'a b' ''",
  );
});

async function findJob(name: string): Promise<string | undefined> {
  const { jobs } = await app.client.request<{ jobs: { id: string; name: string }[] }>('GET', '/api/v1/jobs');
  return jobs.find((job) => job.name === name)?.id;
}
