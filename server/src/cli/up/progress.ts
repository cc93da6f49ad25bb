import type { Io } from '../command.ts';

const TICK_MS = 100;
const SLOW_MS = 10_000;

/**
 * Waits for all of them, with a moving line on a terminal and a line at the start and every ten seconds elsewhere:
 * `starting server and gateway … server ready, 0.8 s`.
 */
export async function showProgress<Name extends string, T>(
  { stderr, json }: Pick<Io, 'stderr' | 'json'>,
  title: string,
  parts: Readonly<Record<Name, Promise<T>>>,
): Promise<Record<Name, T>> {
  const began = performance.now();
  const moving = stderr.isTTY && !json;
  const done = new Set<string>();
  const line = () => {
    const ready = done.size === 0 ? '' : ` ${[...done].join(', ')} ready,`;
    return `${title} …${ready} ${((performance.now() - began) / 1000).toFixed(1)} s`;
  };
  const show = () => stderr.write(moving ? `\r\u001b[K${line()}` : `${line()}\n`);
  if (moving) show();
  else stderr.write(`${title} …\n`);
  const timer = setInterval(show, moving ? TICK_MS : SLOW_MS);
  try {
    const entries = Object.entries<Promise<T>>(parts).map(async ([name, part]) => {
      const value = await part;
      done.add(name);
      return [name, value] as const;
    });
    return Object.fromEntries(await Promise.all(entries)) as Record<Name, T>;
  } finally {
    clearInterval(timer);
    if (moving) stderr.write('\r\u001b[K');
  }
}
