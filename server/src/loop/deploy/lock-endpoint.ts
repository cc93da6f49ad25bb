import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';

/** Take it first in every transaction that changes an endpoint, its traffic or the fate of its deployments. */
export async function lockEndpoint({ db }: Pick<Context, 'db'>, trx: Trx, name: string): Promise<void> {
  await db.lock(trx, `endpoint:${name}`);
}
