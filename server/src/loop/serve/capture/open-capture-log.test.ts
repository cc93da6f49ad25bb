import { type ChildProcess, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { createLog } from '../../../platform/log.ts';
import { makeCapture } from './capture.fixture.ts';
import type { Capture, CaptureSource } from './capture.ts';
import { frameLine } from './framed-line.ts';
import { type CaptureLogOptions, openCaptureLog } from './open-capture-log.ts';
import { segmentPath } from './segment-file.ts';

const MANY = 1_000_000;

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-captures-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function open(folder: string, options: Partial<CaptureLogOptions> = {}) {
  return openCaptureLog({ folder, clock: systemClock, log: createLog('silent', 'test'), ...options });
}

function parseLines(lines: Uint8Array | undefined): Capture[] {
  const texts = Buffer.from(lines ?? [])
    .toString('utf8')
    .split('\n');
  return texts.filter((text) => text !== '').map((text) => JSON.parse(text) as Capture);
}

/** Takes all that is there, as a server that acknowledges everything. */
async function drain(log: CaptureSource, maxBytes = MANY): Promise<Capture[]> {
  const all: Capture[] = [];
  for (let next = await log.peek(maxBytes); next; next = await log.peek(maxBytes)) {
    all.push(...parseLines(next.lines));
    await log.acknowledge(next);
  }
  return all;
}

/** Waits until what was appended is on disk, and so to be peeked at. */
async function onDisk(log: CaptureSource): Promise<void> {
  await log.untilNews(Number.POSITIVE_INFINITY, AbortSignal.timeout(2_000));
}

const segmentsOf = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.endsWith('.captures')).sort();

describe('the log of captures', () => {
  test('gives back what was appended, in order, whatever the size of the batches and of the segments', async () => {
    await using t = await temporaryFolder();
    await using log = await open(t.folder, { segmentBytes: 2_000 });
    const captures = Array.from({ length: 40 }, (_, row) => makeCapture({ caller: 'y'.repeat((row * 37) % 900) }));
    expect(captures.map((capture) => log.append(capture))).toEqual(captures.map(() => true));
    await onDisk(log);
    expect((await segmentsOf(t.folder)).length).toBeGreaterThan(8);
    const first = await log.peek(700);
    expect(first).toMatchObject({ first: 0, count: 1 });
    expect(await drain(log, 700)).toEqual(captures);
    expect(log.counts()).toEqual({ kept: 40, delivered: 40, lost: 0, waiting: 0 });
    expect(await segmentsOf(t.folder)).toHaveLength(1);
  });

  test('what was delivered stays delivered, and offsets go on, after it was opened again', async () => {
    await using t = await temporaryFolder();
    const captures = Array.from({ length: 9 }, () => makeCapture());
    const ids: string[] = [];
    for (const [at, capture] of captures.entries()) {
      await using log = await open(t.folder, { segmentBytes: 900 });
      ids.push(log.id);
      log.append(capture);
      await onDisk(log);
      if (at !== 5) continue;
      const delivered: Capture[] = [];
      await expect.poll(async () => delivered.push(...(await drain(log)))).toBe(6);
      expect(delivered).toEqual(captures.slice(0, 6));
    }
    await using log = await open(t.folder, { segmentBytes: 900 });
    expect(new Set([...ids, log.id]).size).toBe(1);
    expect(await log.peek(MANY)).toMatchObject({ first: 6 });
    expect(await drain(log)).toEqual(captures.slice(6));
    expect(log.counts()).toEqual({ kept: 9, delivered: 9, lost: 0, waiting: 0 });
  });

  test('a record that is torn at any of its bytes is cut off, and what is appended then is whole', async () => {
    await using t = await temporaryFolder();
    const captures = [makeCapture(), makeCapture(), makeCapture()];
    await using made = await open(t.folder);
    for (const capture of captures) made.append(capture);
    await made[Symbol.asyncDispose]();
    const path = segmentPath(t.folder, 0);
    const whole = await readFile(path);
    const lastLength = whole.length / 3;
    expect(Number.isInteger(lastLength)).toBe(true);
    for (let cut = 1; cut <= lastLength; cut += 1) {
      await writeFile(path, whole.subarray(0, whole.length - cut));
      const later = makeCapture({ caller: `after ${cut}` });
      await using log = await open(t.folder);
      expect(log.append(later)).toBe(true);
      expect(log.counts().kept).toBe(3);
      const expected = Buffer.concat([whole.subarray(0, 2 * lastLength), frameLine(JSON.stringify(later))]);
      expect(expected.equals(await readFile(path))).toBe(true);
    }
    await using log = await open(t.folder);
    const found = await drain(log);
    expect(found.slice(0, 2)).toEqual(captures.slice(0, 2));
    expect(found[2]?.caller).toBe(`after ${lastLength}`);
  });

  test('bytes that were never written, and a flipped bit, end the log where they are', async () => {
    await using t = await temporaryFolder();
    await using made = await open(t.folder);
    for (let count = 0; count < 3; count += 1) made.append(makeCapture());
    await made[Symbol.asyncDispose]();
    const path = segmentPath(t.folder, 0);
    const whole = await readFile(path);
    await truncate(path, whole.length + 5_000);
    {
      await using log = await open(t.folder);
      expect(log.counts().kept).toBe(3);
      expect((await readFile(path)).length).toBe(whole.length);
    }
    for (const at of [3, 12, 25, whole.length / 3 - 1]) {
      const flipped = Buffer.from(whole);
      const bit = (2 * whole.length) / 3 + at;
      flipped.writeUInt8(flipped.readUInt8(bit) ^ 1, bit);
      await writeFile(path, flipped);
      await using log = await open(t.folder);
      expect(log.counts().kept).toBe(2);
    }
  });

  test('captures of a damaged or deleted segment are counted as lost, and the rest is delivered', async () => {
    await using t = await temporaryFolder();
    await using made = await open(t.folder, { segmentBytes: 1_000 });
    const captures = Array.from({ length: 12 }, () => makeCapture());
    for (const capture of captures) made.append(capture);
    await made[Symbol.asyncDispose]();
    const [first = '', second = '', third = ''] = await segmentsOf(t.folder);
    const [one, two] = [Number(second.slice(0, 16)), Number(third.slice(0, 16))];
    await rm(join(t.folder, first));
    const damaged = await readFile(join(t.folder, second));
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 30) ^ 1, damaged.length - 30);
    await writeFile(join(t.folder, second), damaged);
    await using log = await open(t.folder);
    expect(await drain(log)).toEqual([...captures.slice(one, two - 1), ...captures.slice(two)]);
    expect(log.losses()).toEqual([{ endpoint: '', deployment: '', lost: one + 1 }]);
    expect(log.counts()).toEqual({ kept: 12, delivered: 12 - one - 1, lost: one + 1, waiting: 0 });
  });

  test('on a full disk append says no, counts by deployment, leaves nothing half written, and recovers', async () => {
    await using t = await temporaryFolder();
    let room = 1_000;
    const write: CaptureLogOptions['write'] = (fd, bytes, offset, length) => {
      const written = writeSync(fd, bytes, offset, Math.min(length, room));
      room -= written;
      if (room > 0) return written;
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    await using log = await open(t.folder, { write });
    const captures = Array.from({ length: 6 }, (_, at) => makeCapture({ deployment: `d-${at % 2}` }));
    const answers = captures.map((capture) => log.append(capture));
    const kept = answers.filter(Boolean).length;
    expect(answers).toEqual(captures.map((_capture, at) => at < kept));
    expect([kept > 0, kept < 4]).toEqual([true, true]);
    room = MANY;
    const later = makeCapture();
    expect(log.append(later)).toBe(true);
    await log[Symbol.asyncDispose]();
    await using again = await open(t.folder);
    expect(await drain(again)).toEqual([...captures.slice(0, kept), later]);
    expect(again.counts()).toEqual({ kept: kept + 1, delivered: kept + 1, lost: 6 - kept, waiting: 0 });
    const lostOf = (name: string) => captures.slice(kept).filter(({ deployment }) => deployment === name).length;
    expect([...again.losses()].sort((a, b) => (a.deployment < b.deployment ? -1 : 1))).toEqual([
      { endpoint: 'flights', deployment: 'd-0', lost: lostOf('d-0') },
      { endpoint: 'flights', deployment: 'd-1', lost: lostOf('d-1') },
    ]);
  });

  test('over its budget the oldest segments go, and are counted for their deployments', async () => {
    await using t = await temporaryFolder();
    await using log = await open(t.folder, { segmentBytes: 1_000, budgetBytes: 3_000 });
    const captures = Array.from({ length: 20 }, (_, at) => makeCapture({ deployment: `d-${at % 2}` }));
    for (const capture of captures) log.append(capture);
    await onDisk(log);
    await log.keepBudget();
    const { lost, kept } = log.counts();
    expect(kept).toBe(20);
    expect(lost).toBeGreaterThan(8);
    expect(log.losses().map((loss) => loss.lost)).toEqual([Math.ceil(lost / 2), Math.floor(lost / 2)]);
    expect(await drain(log)).toEqual(captures.slice(lost));
    expect(log.counts()).toEqual({ kept: 20, delivered: 20 - lost, lost, waiting: 0 });
    await log.keepBudget();
    expect(log.counts().lost).toBe(lost);
  });

  test('what cannot be written as JSON is a loss and not a failed request', async () => {
    await using t = await temporaryFolder();
    await using log = await open(t.folder);
    expect(log.append(makeCapture({ outputs: [10n ** 30n] }))).toBe(false);
    expect(log.append(makeCapture())).toBe(true);
    expect(log.counts()).toMatchObject({ kept: 1, lost: 1 });
  });

  test('after it was closed nothing is written any more', async () => {
    await using t = await temporaryFolder();
    await using log = await open(t.folder);
    await log[Symbol.asyncDispose]();
    expect(log.append(makeCapture())).toBe(false);
  });
});

describe('the log of captures of a process', () => {
  const start = (folder: string, args: readonly string[], shell?: string): ChildProcess => {
    const fixture = join(import.meta.dirname, 'appender.fixture.ts');
    const command = [process.execPath, '-C', '@bucle/source', fixture, folder, ...args];
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    if (shell === undefined) return spawn(command[0] ?? '', command.slice(1), { stdio });
    return spawn('sh', ['-c', `${shell}; exec "$@"`, 'sh', ...command], { stdio });
  };
  const output = async (child: ChildProcess, onText: (text: string) => void = () => {}): Promise<string[]> => {
    let text = '';
    child.stdout?.setEncoding('utf8');
    for await (const piece of child.stdout ?? []) {
      text += piece as string;
      onText(text);
    }
    return text.split('\n').slice(0, -1);
  };

  test('each append that returned is there after kill -9, again and again', async () => {
    await using t = await temporaryFolder();
    const returned: string[] = [];
    for (const appends of [1, 40, 333, 700]) {
      const child = start(t.folder, []);
      const lines = await output(child, (text) => {
        if (text.split('\n').length > appends) child.kill('SIGKILL');
      });
      expect(lines.length).toBeGreaterThanOrEqual(appends);
      returned.push(...lines.map((line) => line.split(' ')[0] ?? ''));
    }
    await using log = await open(t.folder);
    const found = (await drain(log)).map(({ id }) => id);
    expect(found.length).toBe(new Set(found).size);
    // One more may have been written per kill, whose append did not get to say so.
    expect(found.filter((id) => !returned.includes(id)).length).toBeLessThanOrEqual(4);
    expect(returned.filter((id) => !found.includes(id))).toEqual([]);
    expect(log.counts()).toMatchObject({ kept: found.length, lost: 0 });
  });

  test('a disk that takes no more loses what it says, and no half of it', async () => {
    await using t = await temporaryFolder();
    {
      await using _made = await open(t.folder);
    }
    // 140 KiB: the ledger has its 128 already; segments of 20 kB would go on, so each record is made large.
    const child = start(t.folder, ['20', '30000'], 'ulimit -f 280');
    const lines = await output(child);
    const answers = lines.filter((line) => !line.startsWith('counts'));
    const kept = answers.filter((line) => line.endsWith('true')).map((line) => line.split(' ')[0]);
    expect(answers).toHaveLength(20);
    expect(lines.at(-1)).toBe(`counts ${kept.length} ${20 - kept.length}`);
    await using log = await open(t.folder);
    expect((await drain(log)).map(({ id }) => id)).toEqual(kept);
    expect(log.counts()).toMatchObject({ kept: kept.length, lost: 20 - kept.length });
  });
});
