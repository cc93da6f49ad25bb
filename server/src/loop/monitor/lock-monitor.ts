import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';

/** Take it first in every transaction that changes a monitor, its windows or its alerts. */
export async function lockMonitor({ db }: Pick<Context, 'db'>, trx: Trx, endpoint: string): Promise<void> {
  await db.lock(trx, `monitor:${endpoint}`);
}
