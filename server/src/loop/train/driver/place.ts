import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../../platform/config/config.ts';
import { hexId } from '../../../platform/ids.ts';
import { createDurably } from '../../../platform/processes/durable-file.ts';
import type { AttemptKey } from '../attempt.store.ts';

/** Names the data folder of this machine: attempts in it can be looked at from here. */
export async function placeId({ config }: { config: Pick<Config, 'dataDir'> }): Promise<string> {
  const path = join(config.dataDir, 'place');
  await createDurably(path, hexId());
  return (await readFile(path, 'utf8')).trim();
}

/** The folder of one attempt. */
export function attemptFolder({ dataDir }: Pick<Config, 'dataDir'>, { job, number }: AttemptKey): string {
  return join(dataDir, 'attempts', job, String(number));
}

/** Where the log of an attempt is kept for good. */
export function logKey({ job, number }: AttemptKey): string {
  return `attempts/${job}/${number}/log`;
}
