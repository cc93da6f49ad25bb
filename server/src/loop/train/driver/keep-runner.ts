import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint, failpointEnvironment } from '../../../platform/config/failpoint.ts';
import { inheritedEnvironment } from '../../../platform/config/inherited-environment.ts';
import { writeDurably } from '../../../platform/processes/durable-file.ts';
import { isAlive, type ProcessIdentity } from '../../../platform/processes/identity.ts';
import { killMarked } from '../../../platform/processes/kill-tree.ts';
import { isLeaseFree, tryLease } from '../../../platform/processes/lease-file.ts';
import { siblingModule } from '../../../platform/processes/sibling-module.ts';
import { spawnDetached } from '../../../platform/processes/spawn-detached.ts';
import { ATTEMPT_MARKER, type AttemptFiles } from '../runner/attempt-folder.ts';

const RESPAWN_MS = 1_000;
const MAX_SPAWNS = 5;

/** Adopts the runner that lives, or starts one when none does, a few times; then nothing may start the attempt. */
export function runnerKeeper(folder: string, files: AttemptFiles, attempt: string): () => Promise<void> {
  let spawned: ProcessIdentity | null = null;
  let spawns = 0;
  return async () => {
    if (spawned !== null && isAlive(spawned)) return;
    if (!(await isLeaseFree(files.lock)) || existsSync(files.final)) return;
    if (spawns >= MAX_SPAWNS) {
      await closeAttempt(files, attempt);
      return;
    }
    if (spawns > 0) await sleep(RESPAWN_MS);
    spawns += 1;
    spawned = await spawnDetached({
      command: process.execPath,
      args: [siblingModule(import.meta.url, '../runner/runner-main').pathname, folder],
      cwd: folder,
      env: { ...inheritedEnvironment(), ...failpointEnvironment() },
      logFile: files.runnerLog,
    });
    failpoint('after_spawn');
  };
}

/** Whoever holds the lock decides: after this no runner starts the attempt any more. */
async function closeAttempt(files: AttemptFiles, attempt: string): Promise<void> {
  const lease = await tryLease(files.lock);
  if (lease === null) return;
  await using _lease = lease;
  if (existsSync(files.final)) return;
  await killMarked({ name: ATTEMPT_MARKER, value: attempt });
  await writeDurably(files.closed, '');
}
