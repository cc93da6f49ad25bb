import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { signalGroup } from './kill-tree.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** Absent: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; then the whole group is killed. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Each line of both streams as it comes. */
  readonly onLine?: (line: string) => void;
  /** Characters of each stream that are kept, from its end; 256 Ki when absent. */
  readonly keep?: number;
}

export interface RunResult {
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** The end of each stream, see `keep`. */
  readonly stdout: string;
  readonly stderr: string;
}

const KILLED_MS = 1_000;
const KEPT = 256 * 1024;

/**
 * Runs a command to its end and keeps the tail of what it printed. An abort kills it and rejects.
 * @throws when it cannot be started
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, env, timeoutMs, signal: abort, onLine, keep = KEPT } = options;
  if (abort?.aborted) return Promise.reject(abort.reason);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: env && { ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout = collector(keep, onLine);
    const stderr = collector(keep, onLine);
    child.stdout.on('data', stdout.take);
    child.stderr.on('data', stderr.take);
    let timedOut = false;
    const kill = () => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      // What left the group may hold the pipes open for as long as it likes.
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, KILLED_MS).unref();
    };
    const expire = () => {
      timedOut = true;
      kill();
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    abort?.addEventListener('abort', kill, { once: true });
    const settle = () => {
      clearTimeout(timer);
      abort?.removeEventListener('abort', kill);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, signal) => {
      settle();
      if (abort?.aborted) reject(abort.reason);
      else resolve({ code, signal, timedOut, stdout: stdout.end(), stderr: stderr.end() });
    });
  });
}

function collector(keep: number, onLine: ((line: string) => void) | undefined) {
  const decoder = new StringDecoder('utf8');
  let kept = '';
  let line = '';
  const add = (text: string) => {
    kept = (kept + text).slice(-keep);
    if (!onLine) return;
    const lines = (line + text).split(/\r?\n|\r/);
    line = (lines.pop() ?? '').slice(-KEPT);
    for (const whole of lines) onLine(whole);
  };
  return {
    take: (chunk: Buffer) => add(decoder.write(chunk)),
    end() {
      add(decoder.end());
      if (onLine && line !== '') onLine(line);
      return kept;
    },
  };
}
