import { spawn } from 'node:child_process';
import { identify, type ProcessIdentity } from './identity.ts';

export interface AttachedCommand {
  /** Program and arguments; the program is looked for on the PATH of `env`. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Both output streams in the order in which they were written. */
  readonly onOutput: (chunk: Buffer) => void;
}

export interface AttachedProcess {
  readonly pid: number;
  readonly identity: ProcessIdentity | null;
  /** The process itself ended; what it started may live on, and hold its output open. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Nobody can write to its output any more. */
  readonly outputEnded: Promise<void>;
}

/**
 * Starts a command in a group of its own, with both streams on one pipe. A command that cannot be started
 * ends with 127 or 126 and says why in its output, as in a shell. @throws when there is no process to be had
 */
export async function spawnAttached({ command, cwd, env, onOutput }: AttachedCommand): Promise<AttachedProcess> {
  // Two pipes would lose the order between the streams; the shell ties them together and becomes the command.
  const child = spawn('/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', ...command], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const outputEnded = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdout.on('data', onOutput);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = child.pid ?? 0;
  return { pid, identity: identify(pid), ended, outputEnded };
}
