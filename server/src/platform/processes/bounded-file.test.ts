import { appendFile, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { boundFile } from './bounded-file.ts';

describe('a bounded log', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucle-log-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('moves what it held aside when it is too long, and its writer goes on in it', async () => {
    const path = join(folder, 'server.log');
    await using writer = await open(path, 'a');
    await writer.write('one\n');
    expect(await boundFile(path, 4)).toBe(4);
    await writer.write('two\n');
    expect(await boundFile(path, 4)).toBe(0);
    await writer.write('three\n');
    expect(await readFile(path, 'utf8')).toBe('three\n');
    expect(await readFile(`${path}.1`, 'utf8')).toBe('one\ntwo\n');
    await appendFile(path, 'four\n');
    await boundFile(path, 4);
    expect(await readFile(`${path}.1`, 'utf8')).toBe('three\nfour\n');
  });

  test('need not be there yet', async () => {
    expect(await boundFile(join(folder, 'none.log'), 4)).toBe(0);
  });
});
