import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { dataStage } from '../../loop/data/stage.ts';
import { startProxy } from '../proxy.fixture.ts';
import { readLocalFile } from './read-file.ts';

const MEGABYTE = 1_000_000;
const CSV = 'day,delay\n2013-01-01,4\n2013-01-02,\n2013-01-02,11\n';

let folder: string;
let app: TestApp;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucle-cli-data-'));
  app = await testApp({ stages: [dataStage] });
});

afterEach(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const bucle = (words: string[], options: { url?: string; signal?: AbortSignal; isTTY?: boolean } = {}) => {
  const { url = app.baseUrl, ...more } = options;
  return cli([...words, '--url', url], { cwd: folder, ...more });
};

async function makeFlights(): Promise<Buffer> {
  const large = randomBytes(3 * MEGABYTE);
  await mkdir(join(folder, 'flights', 'deep'), { recursive: true });
  await writeFile(join(folder, 'flights', 'days.csv'), CSV);
  await writeFile(join(folder, 'flights', 'deep', 'large.bin'), large);
  await writeFile(join(folder, 'flights', 'empty'), '');
  return large;
}

describe('bucle data push', () => {
  test('a folder becomes version 1: stdout has its reference, stderr says what was new', async () => {
    await makeFlights();
    const { code, stdout, stderr } = await bucle(['data', 'push', 'flights', 'flights', '-m', 'first', '--wait']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'flights@1\n' });
    expect(stderr).toMatch(
      /(?:^|\n)3 files, 3\.00 MB; 3\.00 MB of it new, \d\.\d\d MB sent\.\n3 rows\. See schema and profile: bucle data show flights@1\n$/,
    );
  });

  test('the same content again sends nothing and makes no version; a change sends its own chunks only', async () => {
    const large = await makeFlights();
    await bucle(['data', 'push', 'flights', 'flights']);
    const again = await bucle(['data', 'push', 'flights', 'flights']);
    expect(again.stdout).toBe('flights@1\n');
    expect(again.stderr).toContain(
      '3 files, 3.00 MB; all of it was stored already.\nSame content as flights@1: no new version.\n',
    );
    large.write('nineteen new bytes!', MEGABYTE);
    await writeFile(join(folder, 'flights', 'deep', 'large.bin'), large);
    const changed = await bucle(['data', 'push', 'flights', 'flights', '--json']);
    const pushed = JSON.parse(changed.stdout) as { number: number; created: boolean; sent: { bytes: number } };
    expect(pushed).toMatchObject({ number: 2, created: true });
    expect(pushed.sent.bytes).toBeGreaterThan(0);
    expect(pushed.sent.bytes).toBeLessThan(MEGABYTE);
  });

  test('after an interruption in the middle, another push sends only what is not stored yet', async () => {
    await writeFile(join(folder, 'large.bin'), randomBytes(24 * MEGABYTE));
    const interrupt = new AbortController();
    await using proxy = await startProxy(app.baseUrl, async ({ url, count, answered }) => {
      if (url !== '/api/v1/chunks' || count(url) === 1) return 'pass';
      await vi.waitUntil(() => answered(url) === 1, { timeout: 60_000 });
      interrupt.abort(new Error('interrupted'));
      return 'break';
    });
    const first = await bucle(['data', 'push', 'big', 'large.bin'], { url: proxy.url, signal: interrupt.signal });
    expect(first).toMatchObject({ code: 130, stdout: '', stderr: expect.stringContaining('push again to go on') });
    expect((await bucle(['data', 'show', 'big'])).code).toBe(5);
    const second = await bucle(['data', 'push', 'big', 'large.bin', '--json']);
    const { sent, bytes } = JSON.parse(second.stdout) as { sent: { bytes: number }; bytes: number };
    expect(bytes).toBe(24 * MEGABYTE);
    expect(sent.bytes).toBeLessThan(18 * MEGABYTE);
    expect(sent.bytes).toBeGreaterThan(0);
  }, 60_000);

  test('connections that break and a server that is busy are tried again', async () => {
    await makeFlights();
    await using proxy = await startProxy(app.baseUrl, ({ method, url, count }) => {
      if (method !== 'POST') return 'pass';
      return ['break', 'busy', 'pass'][Math.min(2, count(url) - 1)] as 'break' | 'busy' | 'pass';
    });
    const { code, stdout, stderr } = await bucle(['data', 'push', 'flights', 'flights'], { url: proxy.url });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'flights@1\n' });
    expect(stderr).toContain('Trying again…');
  });

  test('a file that changes while it is read is refused', async () => {
    const absolute = join(folder, 'log.csv');
    await writeFile(absolute, Buffer.alloc(MEGABYTE, 'x'));
    const file = { path: 'log.csv', absolute, size: MEGABYTE };
    await expect(readLocalFile(file, () => appendFile(absolute, 'more'))).rejects.toMatchObject({
      code: 'CLI_CHANGED',
      message: `${absolute} changed while it was read.`,
    });
  });

  test('a file that grew since the folder was listed is read whole', async () => {
    const absolute = join(folder, 'log.csv');
    await writeFile(absolute, Buffer.alloc(MEGABYTE, 'x'));
    const entry = await readLocalFile({ path: 'log.csv', absolute, size: 10 }, async () => undefined);
    expect(entry).toMatchObject({ size: MEGABYTE, chunks: expect.arrayContaining([[expect.any(String), 262_144]]) });
  });

  test.each([
    [['data', 'push', 'flights'], 2, 'error: data push needs a NAME and one PATH: bucle data push flights ./flights\n'],
    [['data', 'push', 'flights@2', 'x'], 2, 'error: The server numbers the versions: bucle data push flights x\n'],
    [['data', 'push', 'a b', 'x'], 2, 'error: "a b" names no dataset. Write NAME, NAME@3 or NAME@latest;'],
    [['data', 'push', 'flights', 'nowhere'], 1, 'nowhere: there is no such file or folder.\n  next: Check the path'],
    [['data', 'show', 'nothing'], 5, 'error: There is no dataset nothing.\n  next: List them with `bucle data ls`'],
    [['data', 'pull', 'nothing@7'], 5, 'error: '],
    [['data', 'show', 'a', 'b'], 2, 'error: data show needs one NAME or NAME@N.\n'],
  ])('%j ends with %i and says what to do', async (words, code, message) => {
    const result = await bucle(words);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  test('without a server it says at once how to start one', async () => {
    await makeFlights();
    const { code, stderr } = await bucle(['data', 'push', 'flights', 'flights'], { url: 'http://127.0.0.1:1' });
    expect(code).toBe(1);
    expect(stderr).toContain('next: Start one with `bucle up`');
  });
});

describe('bucle data ls and show', () => {
  test('an empty server says how to begin, and prints nothing', async () => {
    expect(await bucle(['data', 'ls'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No datasets yet: `bucle data push NAME PATH` makes one.\n',
    });
    expect((await bucle(['data', 'ls', '--json'])).stdout).toBe('[]\n');
  });

  test('datasets, versions, and the profile of a version are tables', async () => {
    await writeFile(join(folder, 'days.csv'), CSV);
    await bucle(['data', 'push', 'flights', 'days.csv', '--message', 'three days', '--wait']);
    expect((await bucle(['data', 'ls'])).stdout).toMatch(
      /^dataset\tlatest\tversions\trows\tfiles\tsize\tcreated\tmessage\nflights\tflights@1\t1\t3\t1\t49 B\t\S+ \S+\tthree days\n$/,
    );
    expect((await bucle(['data', 'show', 'flights'])).stdout).toMatch(
      /^version\trows\tfiles\tsize\tcreated\tby\tprofile\tmessage\nflights@1\t3\t1\t49 B\t\S+ \S+\t\S+\tready\tthree days\n$/,
    );
    const shown = await bucle(['data', 'show', 'dataset:flights@1']);
    expect(shown.stdout.split('\n').slice(2)).toEqual([
      'three days',
      '',
      'days.csv (csv, 3 rows)',
      'column\ttype\tnulls\tdistinct\tmin\tmax\tmean\tsd\tmost frequent',
      'day\tDATE\t0\t2\t2013-01-01\t2013-01-02\t–\t–\t2013-01-02 (2, 67 %)',
      'delay\tBIGINT\t1\t2\t4\t11\t7.5\t4.94975\t–',
      '',
    ]);
    const detail = JSON.parse((await bucle(['data', 'show', 'flights@latest', '--json'])).stdout) as {
      tables: unknown[];
    };
    expect(detail).toMatchObject({
      ref: 'dataset:flights@1',
      rows: 3,
      tables: [{ columns: [{ name: 'day' }, { name: 'delay' }] }],
    });
  });
});

describe('bucle data pull', () => {
  test('the files come back byte by byte; pulling again keeps them', async () => {
    const large = await makeFlights();
    await bucle(['data', 'push', 'flights', 'flights']);
    const { code, stdout, stderr } = await bucle(['data', 'pull', 'flights@1', 'copy']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(folder, 'copy')}\n` });
    expect(stderr).toBe('flights@1: 3 files, 3.00 MB, verified.\n');
    expect(await readFile(join(folder, 'copy', 'deep', 'large.bin'))).toEqual(large);
    expect(await readFile(join(folder, 'copy', 'days.csv'), 'utf8')).toBe(CSV);
    expect((await readdir(join(folder, 'copy'))).sort()).toEqual(['days.csv', 'deep', 'empty']);
    await rm(join(folder, 'copy', 'days.csv'));
    const again = await bucle(['data', 'pull', 'flights', 'copy', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ ref: 'dataset:flights@1', fetched_bytes: CSV.length });
  });

  test('an interrupted pull goes on behind the last sound chunk', async () => {
    const large = await makeFlights();
    await bucle(['data', 'push', 'flights', 'flights']);
    await bucle(['data', 'pull', 'flights', 'whole']);
    const { files } = await app.client.request<{ files: { path: string; sha256: string }[] }>(
      'GET',
      '/api/v1/datasets/flights/versions/1/manifest',
    );
    const sha256 = files.find(({ path }) => path === 'deep/large.bin')?.sha256 ?? '';
    const partial = join(folder, 'copy', '.bucle-partial', sha256);
    await mkdir(join(folder, 'copy', '.bucle-partial'), { recursive: true });
    const left = Buffer.from(large.subarray(0, 2 * MEGABYTE));
    left[1_500_000] = (left[1_500_000] ?? 0) ^ 1;
    await writeFile(partial, left);
    const pulled = await bucle(['data', 'pull', 'flights', 'copy', '--json']);
    const { fetched_bytes } = JSON.parse(pulled.stdout) as { fetched_bytes: number };
    expect(fetched_bytes).toBeGreaterThan(1.4 * MEGABYTE);
    expect(fetched_bytes).toBeLessThan(1.8 * MEGABYTE);
    expect(await readFile(join(folder, 'copy', 'deep', 'large.bin'))).toEqual(large);
    expect(existsSync(join(folder, 'copy', '.bucle-partial'))).toBe(false);
  });

  test('a connection that breaks in the middle of the bytes is taken up again', async () => {
    const large = await makeFlights();
    await bucle(['data', 'push', 'flights', 'flights']);
    await using proxy = await startProxy(app.baseUrl, ({ url, count }) =>
      url === '/api/v1/chunks/fetch' && count(url) <= 2 ? 'cut' : 'pass',
    );
    const { code, stderr } = await bucle(['data', 'pull', 'flights', 'copy'], { url: proxy.url });
    expect(code).toBe(0);
    expect(stderr).toContain('Trying again…');
    expect(await readFile(join(folder, 'copy', 'deep', 'large.bin'))).toEqual(large);
  });

  test('bytes that were damaged on the way are thrown away, and the file does not appear', async () => {
    await writeFile(join(folder, 'large.bin'), randomBytes(MEGABYTE));
    await bucle(['data', 'push', 'flights', 'large.bin']);
    for (const pack of await packsOf(app.dataDir)) {
      const bytes = await readFile(pack);
      bytes[500_000] = (bytes[500_000] ?? 0) ^ 1;
      await writeFile(pack, bytes);
    }
    const { code, stdout, stderr } = await bucle(['data', 'pull', 'flights', 'copy']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /error: The bytes that came for the chunk [0-9a-f]{64} do not have the hash.*\n {2}next: Pull again/,
    );
    expect(existsSync(join(folder, 'copy', 'large.bin'))).toBe(false);
  });

  test.each([
    [
      'a file of somebody',
      (copy: string) => writeFile(join(copy, 'mine.txt'), 'mine'),
      'mine.txt is in the way: it is not part of flights@1.',
    ],
    [
      'another content',
      (copy: string) => writeFile(join(copy, 'days.csv'), 'mine'),
      'days.csv is in the way: it differs from that of flights@1.',
    ],
    [
      'a link out of it',
      (copy: string) => symlink(tmpdir(), join(copy, 'deep')),
      'deep is in the way: it is not part of flights@1.',
    ],
  ])('a folder with %s is left as it is', async (_title, spoil, message) => {
    await makeFlights();
    await bucle(['data', 'push', 'flights', 'flights']);
    await mkdir(join(folder, 'copy'));
    await spoil(join(folder, 'copy'));
    const before = await readdir(join(folder, 'copy'));
    const { code, stderr } = await bucle(['data', 'pull', 'flights', 'copy']);
    expect(code).toBe(6);
    expect(stderr).toContain(message);
    expect(stderr).toContain('next: Pull into an empty or a new folder: bucle data pull flights@1 DIR');
    expect(await readdir(join(folder, 'copy'))).toEqual(before);
  });

  test('a damaged copy is noticed instead of kept', async () => {
    await makeFlights();
    await bucle(['data', 'push', 'flights', 'flights']);
    await bucle(['data', 'pull', 'flights', 'copy']);
    await truncate(join(folder, 'copy', 'days.csv'), 10);
    expect((await bucle(['data', 'pull', 'flights', 'copy'])).code).toBe(6);
  });
});

async function packsOf(dataDir: string): Promise<string[]> {
  const root = join(dataDir, 'blobs', 'packs');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
