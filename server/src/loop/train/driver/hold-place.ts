import { join } from 'node:path';
import type { Config } from '../../../platform/config/config.ts';
import { type FileLease, tryLease } from '../../../platform/processes/lease-file.ts';

const held = new Map<string, Promise<FileLease | null>>();

/**
 * Whether this process may touch the attempts in this data folder: one process at a time does, and holds it until
 * it ends. A server that was stopped for longer than its leases last can't come back into a folder of somebody else.
 */
export async function holdsPlace({ config: { dataDir } }: { config: Pick<Config, 'dataDir'> }): Promise<boolean> {
  const known = held.get(dataDir) ?? tryLease(join(dataDir, 'driver.lock'));
  held.set(dataDir, known);
  const lease = await known.catch((error: unknown) => {
    held.delete(dataDir);
    throw error;
  });
  if (lease === null) held.delete(dataDir);
  return lease !== null;
}
