import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDurably, readJson, writeDurably } from './durable-file.ts';
import { identify, ownIdentity } from './identity.ts';
import { takeLease, tryLease } from './lease-file.ts';

describe('locks between processes', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucle-lease-'));
    path = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('of many who try at once one gets it, and the next after it was released', async () => {
    const tries = await Promise.all(Array.from({ length: 20 }, () => tryLease(path)));
    const held = tries.filter((lease) => lease !== null);
    expect(held.length).toBe(1);
    expect(await tryLease(path)).toBeNull();
    await held[0]?.[Symbol.asyncDispose]();
    expect((await tryLease(path))?.generation).toBe(2);
  });

  test('never two at once, however many come and go', async () => {
    let inside = 0;
    let most = 0;
    const visit = async () => {
      await using _lease = await takeLease(path);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 12 }, visit));
    expect({ most, inside }).toEqual({ most: 1, inside: 0 });
    expect((await readdir(folder)).length).toBe(1);
  });

  test('the lock of a process that was killed is taken over, by one only', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identify(child.pid ?? 0);
    await writeFile(`${path}.1`, JSON.stringify({ identity, released: false }));
    expect(await tryLease(path)).toBeNull();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const tries = await Promise.all(Array.from({ length: 20 }, () => tryLease(path)));
    expect(tries.filter((lease) => lease !== null).map((lease) => lease?.generation)).toEqual([2]);
  });

  test('a holder on another machine keeps it while it shows signs of life', async () => {
    const identity = { ...ownIdentity(), host: 'elsewhere', bootId: 'other' };
    await writeFile(`${path}.1`, JSON.stringify({ identity, released: false }));
    expect(await tryLease(path)).toBeNull();
    const old = Date.now() / 1000 - 61;
    await utimes(`${path}.1`, old, old);
    expect((await tryLease(path))?.generation).toBe(2);
  });
});

describe('small files', () => {
  test('are created once, and replaced whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bucle-file-'));
    const path = join(folder, 'deep', 'file.json');
    expect(await createDurably(path, '{"a":1}')).toBe(true);
    expect(await createDurably(path, '{"a":2}')).toBe(false);
    expect(await readJson(path)).toEqual({ a: 1 });
    await writeDurably(path, '{"a":3}');
    expect(await readJson(path)).toEqual({ a: 3 });
    expect(await readdir(join(folder, 'deep'))).toEqual(['file.json']);
    await rm(folder, { recursive: true });
  });
});
