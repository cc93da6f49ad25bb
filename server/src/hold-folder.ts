import { dirname, join } from 'node:path';
import type { Config } from './platform/config/config.ts';
import { holdLease } from './platform/processes/hold-lease.ts';
import { roleErrors } from './role-errors.ts';

/**
 * SQLite and the disk have one server; on PostgreSQL several replicas may share a folder.
 * @param onWait called when one that cannot be seen from here held it
 * @throws ROLE_FOLDER_TAKEN
 */
export async function holdFolder(
  { dataDir, database }: Pick<Config, 'dataDir' | 'database'>,
  onWait: (data: string) => void,
): Promise<AsyncDisposable | null> {
  if (database.kind !== 'sqlite') return null;
  const hold = (file: string, data: string) =>
    holdLease(file, { held: ({ pid }) => roleErrors.FOLDER_TAKEN({ data, pid }), onWait: () => onWait(data) });
  await using held = new AsyncDisposableStack();
  held.use(await hold(join(dataDir, 'processes', 'server.lock'), dataDir));
  // A file elsewhere may be named by servers of several folders.
  if (dirname(database.path) !== dataDir) held.use(await hold(`${database.path}.lock`, dirname(database.path)));
  return held.move();
}
