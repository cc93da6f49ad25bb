import { readFileSync, unlinkSync } from 'node:fs';

/**
 * A named place where a test may ask this process to die as if the power had gone: BUCLE_FAILPOINT is
 * `NAME:FILE`, and whoever can delete FILE there dies, so that it happens once however often it is started. A FILE
 * that says `SIGSTOP` freezes the process there instead, so that the test can let something else die at that moment.
 */
export function failpoint(name: string, env: Readonly<Record<string, string | undefined>> = process.env): void {
  const wanted = env['BUCLE_FAILPOINT'];
  if (wanted === undefined || !wanted.startsWith(`${name}:`)) return;
  const file = wanted.slice(name.length + 1);
  let said: string;
  try {
    said = readFileSync(file, 'utf8').trim();
    unlinkSync(file);
  } catch {
    return;
  }
  process.kill(process.pid, said === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL');
}

/** What hands the failpoint on to a child process. */
export function failpointEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const { BUCLE_FAILPOINT } = env;
  return BUCLE_FAILPOINT === undefined ? {} : { BUCLE_FAILPOINT };
}
