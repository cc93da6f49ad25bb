import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stopSupervised } from '../../platform/processes/supervise.ts';
import type { Role } from './places.ts';
import { watchRole } from './watch-roles.ts';

describe('a role at its first start', () => {
  let folder = '';
  let role: Role;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucle-role-'));
    const file = (name: string) => join(folder, name);
    role = {
      ...{ name: 'gateway', command: process.execPath, args: [], cwd: folder, env: process.env },
      ...{ stateFile: file('state.json'), noteFile: file('note.json'), logFile: file('role.log') },
    };
  });
  afterEach(async () => {
    await stopSupervised(role.stateFile, 0);
    await rm(folder, { recursive: true });
  });
  const watch = (script: string) =>
    watchRole(
      { ...role, args: ['-e', script] },
      { restartDelayMs: 10, note: () => {}, signal: new AbortController().signal },
    );

  test('that crashes is tried three times, then the end of its log is shown, and no older line', async () => {
    await writeFile(role.logFile, 'of yesterday\n');
    await using watched = await watch('throw new Error("no memory")');
    const error = await watched.ready.catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'UP_CRASHED', message: expect.stringContaining('The gateway died 3 times') });
    expect(String(error)).toContain('| Error: no memory');
    expect(String(error)).not.toContain('yesterday');
  });

  test('that lives but says nothing is waited for', async () => {
    await using watched = await watch('setInterval(() => {}, 1000)');
    const first = await Promise.race([watched.ready, new Promise((resolve) => setTimeout(resolve, 400, 'waiting'))]);
    expect(first).toBe('waiting');
  });
});
