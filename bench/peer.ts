import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server under measurement. */
export interface Peer extends AsyncDisposable {
  readonly url: string;
  /** Roots of its processes. */
  readonly pids: readonly number[];
  /** Seconds from the start of the command to the first answer. */
  readonly startSeconds: number;
}

export interface PeerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly url: string;
  /** Path that answers 200 as soon as it is ready. */
  readonly ready: string;
}

/** Starts a server in a process group of its own and waits until it answers. */
export async function startPeer({ command, args, env, cwd, url, ready }: PeerCommand): Promise<Peer> {
  const began = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      told = (told + text).slice(-4_000);
    });
  }
  while (!(await answers(`${url}${ready}`))) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}:\n${told}`);
    if (performance.now() - began > 120_000) throw new Error(`${command} does not answer at ${url}:\n${told}`);
    await sleep(20);
  }
  return {
    url,
    pids: child.pid === undefined ? [] : [child.pid],
    startSeconds: (performance.now() - began) / 1000,
    [Symbol.asyncDispose]: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  process.kill(-child.pid, 'SIGTERM');
  const killer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 10_000);
  await ended;
  clearTimeout(killer);
}

function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
