import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; then the whole group is killed. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Each line of both streams as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** The last part of each stream, bounded. */
  readonly stdout: string;
  readonly stderr: string;
}

const KEPT = 256 * 1024;

/** Runs a command to its end and keeps the tail of what it printed. @throws when it cannot be started */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env === undefined ? process.env : { ...options.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout = collector(options.onLine);
    const stderr = collector(options.onLine);
    child.stdout.on('data', stdout.take);
    child.stderr.on('data', stderr.take);
    let timedOut = false;
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended by itself in the meantime.
      }
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            kill();
          }, options.timeoutMs);
    options.signal?.addEventListener('abort', kill, { once: true });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      resolve({ code, signal, timedOut, stdout: stdout.text(), stderr: stderr.text() });
    });
  });
}

function collector(onLine: ((line: string) => void) | undefined) {
  let kept = '';
  let line = '';
  return {
    take(chunk: Buffer) {
      const text = chunk.toString('utf8');
      kept = (kept + text).slice(-KEPT);
      if (!onLine) return;
      const lines = (line + text).slice(-KEPT).split(/\r?\n|\r/);
      line = lines.pop() ?? '';
      for (const whole of lines) onLine(whole);
    },
    text() {
      if (onLine && line !== '') onLine(line);
      line = '';
      return kept;
    },
  };
}
