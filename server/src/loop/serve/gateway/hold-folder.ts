import { setTimeout as sleep } from 'node:timers/promises';
import { type FileLease, leaseHolder, tryLease } from '../../../platform/processes/lease-file.ts';
import { serveErrors } from '../errors.ts';
import type { GatewayFolder } from './gateway-folder.ts';

/** The gateway before this one may be ending. */
const PATIENCE_MS = 5_000;
const POLL_MS = 100;

/** Only one process works in a folder; what a killed one held is free at once. @throws SERVE_ALREADY_RUNNING */
export async function holdFolder({ root, lock }: Pick<GatewayFolder, 'root' | 'lock'>): Promise<FileLease> {
  for (const until = performance.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
    const lease = await tryLease(lock);
    if (lease) return lease;
    if (performance.now() < until) continue;
    const holder = await leaseHolder(lock);
    throw serveErrors.ALREADY_RUNNING({ pid: holder?.pid ?? 'unknown', folder: root });
  }
}
