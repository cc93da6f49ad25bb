import { existsSync } from 'node:fs';
import { isAlive } from '../../../platform/processes/identity.ts';
import { killTree } from '../../../platform/processes/kill-tree.ts';
import { leaseHolder } from '../../../platform/processes/lease-file.ts';
import type { Job } from '../job.ts';
import type { AttemptFiles } from '../runner/attempt-folder.ts';
import { requestStop } from './request-stop.ts';

/** What a runner gets beyond time limit and grace before it is taken for stuck. */
const STUCK_MS = 30_000;

/**
 * The runner keeps the time itself; this is for one that is stuck or stopped: it is killed, and the next one ends
 * what it had started. Measured from when it was first seen here, so that a server that comes back grants a little
 * more, never less.
 */
export function stuckRunnerEnder(
  files: AttemptFiles,
  { timeLimitMs, graceMs }: Pick<Job, 'timeLimitMs' | 'graceMs'>,
): () => Promise<void> {
  const limit = expiry(() => existsSync(files.intent) && !existsSync(files.exit), timeLimitMs);
  const stop = expiry(() => existsSync(files.stop), 0);
  return async () => {
    if (!limit(graceMs + STUCK_MS) && !stop(graceMs + STUCK_MS)) return;
    await requestStop(files, 'timeout');
    const holder = await leaseHolder(files.lock);
    if (holder !== null && isAlive(holder)) await killTree(holder.pid, { graceMs: 0 });
  };
}

/** Tells whether `seen` has been true for `ms` and the extra time; never for `null`. */
function expiry(seen: () => boolean, ms: number | null): (extraMs: number) => boolean {
  let since: number | null = null;
  return (extraMs) => {
    if (ms === null) return false;
    since = seen() ? (since ?? performance.now()) : null;
    return since !== null && performance.now() - since > ms + extraMs;
  };
}
