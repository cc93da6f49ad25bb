import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Context } from '../../../context.ts';
import { killMarked } from '../../../platform/processes/kill-tree.ts';
import type { AttemptKey } from '../attempt.store.ts';
import { ATTEMPT_MARKER } from '../runner/attempt-folder.ts';
import { attemptFolder } from './place.ts';

/** Ends whatever still carries the mark of an attempt that is over, and removes its folder. */
export async function clearAttempt({ config }: Pick<Context, 'config'>, attempt: AttemptKey): Promise<void> {
  await killMarked({ name: ATTEMPT_MARKER, value: `${attempt.job}/${attempt.number}` });
  const folder = attemptFolder(config, attempt);
  await rm(folder, { recursive: true, force: true });
  await rmdir(dirname(folder)).catch(() => {});
}
