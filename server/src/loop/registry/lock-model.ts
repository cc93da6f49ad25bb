import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';

/** Take it first in every transaction that changes a registered model, its versions or aliases. */
export async function lockModels({ db }: Pick<Context, 'db'>, trx: Trx, ...names: readonly string[]): Promise<void> {
  // In one order, so that two renames cannot wait for each other.
  for (const name of [...new Set(names)].sort()) await db.lock(trx, `model:${name}`);
}
