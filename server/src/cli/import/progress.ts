import type { Io } from '../command.ts';

const TTY_MS = 100;
const PIPE_MS = 10_000;

/** Counts of each kind and the rate on stderr: a moving line on a terminal, one line each ten seconds elsewhere. */
export function startCounting(
  { stderr, json }: Pick<Io, 'stderr' | 'json'>,
  verb = 'importing',
  now: () => number = () => performance.now(),
) {
  const started = now();
  const moving = stderr.isTTY && !json;
  const counts = new Map<string, number>();
  let shown = moving ? -TTY_MS : started;
  return {
    add(what: string, count: number): void {
      counts.set(what, (counts.get(what) ?? 0) + count);
      const time = now();
      if (time - shown < (moving ? TTY_MS : PIPE_MS)) return;
      shown = time;
      const seconds = (time - started) / 1000;
      const parts = [...counts].map(
        ([name, n]) => `${n.toLocaleString('en-US')} ${name} (${Math.round(n / seconds)}/s)`,
      );
      const line = `${verb} ${parts.join(', ')}`;
      stderr.write(moving ? `\r\u001b[K${line.slice(0, 120)}` : `${line}\n`);
    },
    end(): void {
      if (moving) stderr.write('\r\u001b[K');
    },
  };
}
