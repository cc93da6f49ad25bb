import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { identify, type ProcessIdentity } from './identity.ts';

export interface DetachedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Both output streams are appended here. */
  readonly logFile: string;
}

/**
 * Starts a process in a group and session of its own that outlives us. `null` when it ended before it
 * could be looked at. @throws when the command cannot be started
 */
export async function spawnDetached(detached: DetachedCommand): Promise<ProcessIdentity | null> {
  const { command, args, cwd, env, logFile } = detached;
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(command, args, { cwd, env: { ...env }, detached: true, stdio: ['ignore', log, log] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child.pid === undefined ? null : identify(child.pid);
  } finally {
    closeSync(log);
  }
}
