import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findAttempt } from '../attempt.store.ts';
import { clearAttempt } from './clear-attempt.ts';
import type { DriveParts } from './parts.ts';

/**
 * Ends and removes what lies in this machine's folder of attempts and is over by the rows: rubble of a server
 * that was killed between the last commit and its clean-up.
 */
export async function reapAttempts({ db, config, log }: Pick<DriveParts, 'db' | 'config' | 'log'>): Promise<void> {
  const root = join(config.dataDir, 'attempts');
  for (const job of await readdir(root).catch(() => [])) {
    for (const name of await readdir(join(root, job)).catch(() => [])) {
      const key = { job, number: Number(name) };
      if (!Number.isInteger(key.number)) continue;
      const attempt = await findAttempt(db.read, key);
      if (attempt?.state !== 'ended') continue;
      log.info({ job, attempt: key.number }, 'removing what an ended attempt had left');
      await clearAttempt({ config }, key);
    }
  }
}
