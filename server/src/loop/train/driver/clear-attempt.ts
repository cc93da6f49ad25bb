import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Context } from '../../../context.ts';
import { isAlive } from '../../../platform/processes/identity.ts';
import { killMarked, killTree } from '../../../platform/processes/kill-tree.ts';
import { leaseHolder } from '../../../platform/processes/lease-file.ts';
import type { AttemptKey } from '../attempt.store.ts';
import { ATTEMPT_MARKER, attemptFiles } from '../runner/attempt-folder.ts';
import { attemptFolder } from './place.ts';

/** A runner that wrote its last word needs milliseconds to go. */
const RUNNER_GRACE_MS = 3_000;

/** Ends whatever still belongs to an attempt that is over, its runner first, and removes its folder. */
export async function clearAttempt({ config }: Pick<Context, 'config'>, attempt: AttemptKey): Promise<void> {
  const folder = attemptFolder(config, attempt);
  // As long as it lives it writes into the folder.
  const runner = await leaseHolder(attemptFiles(folder).lock);
  if (runner !== null && isAlive(runner)) await killTree(runner.pid, { graceMs: RUNNER_GRACE_MS });
  await killMarked({ name: ATTEMPT_MARKER, value: `${attempt.job}/${attempt.number}` });
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  await rmdir(dirname(folder)).catch(() => {});
}
