import type { Io } from '../command.ts';
import { formatBytes, formatDuration } from './format.ts';

export interface Progress {
  /** This much more is done, by sending or because it was there already. */
  add(bytes: number): void;
  /** A word that follows the numbers, such as the file at work. */
  at(what: string): void;
  /** Takes the moving line away. */
  end(): void;
}

const TTY_MS = 100;
const PIPE_MS = 10_000;

/** Bytes, rate and time left on stderr: a moving line on a terminal, one line each ten seconds elsewhere. */
export function startProgress(
  { stderr, json }: Pick<Io, 'stderr' | 'json'>,
  verb: string,
  total: number,
  now: () => number = () => performance.now(),
): Progress {
  const started = now();
  const moving = stderr.isTTY && !json;
  let done = 0;
  let what = '';
  let shown = moving ? -TTY_MS : started;
  const show = () => {
    const time = now();
    if (time - shown < (moving ? TTY_MS : PIPE_MS)) return;
    shown = time;
    const line = progressLine(verb, done, total, (time - started) / 1000, what);
    stderr.write(moving ? `\r\u001b[K${line.slice(0, 100)}` : `${line}\n`);
  };
  show();
  return {
    add(bytes) {
      done += bytes;
      show();
    },
    at(name) {
      what = name;
      show();
    },
    end() {
      if (moving) stderr.write('\r\u001b[K');
    },
  };
}

/** `pushing 12.0 MB of 31.1 MB (38 %), 110 MB/s, 1s left`. */
export function progressLine(verb: string, done: number, total: number, seconds: number, what: string): string {
  const share = total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100));
  const parts = [`${verb} ${formatBytes(done)} of ${formatBytes(total)} (${share} %)`];
  if (seconds > 0.5 && done > 0) {
    const rate = done / seconds;
    parts.push(`${formatBytes(rate)}/s`);
    if (done < total) parts.push(`${formatDuration((total - done) / rate)} left`);
  }
  // Control characters in names must not move somebody's cursor.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
  if (what !== '') parts.push(what.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' '));
  return parts.join(', ');
}
