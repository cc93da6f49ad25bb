import type { Kysely } from 'kysely';
import type { BucleDatabase } from '../../../database.ts';
import { WORKSPACE } from '../workspace.ts';

interface SigningKeyTable {
  workspace: string;
  name: string;
  /** Hex. */
  secret: string;
  created_at: number;
}

export interface SigningTables {
  signing_keys: SigningKeyTable;
}

/** The secret of this name, made from `fresh` by whoever comes first: every replica signs with the same one. */
export async function ensureSigningKey(
  db: BucleDatabase,
  key: { readonly name: string; readonly fresh: string; readonly now: number },
): Promise<string> {
  const { name, fresh, now } = key;
  const known = await findSigningKey(db.read, name);
  if (known !== undefined) return known;
  await db.transaction(async (trx) => {
    await trx
      .insertInto('signing_keys')
      .values({ workspace: WORKSPACE, name, secret: fresh, created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
  return (await findSigningKey(db.read, name)) ?? fresh;
}

async function findSigningKey(db: Kysely<SigningTables>, name: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('signing_keys')
    .select('secret')
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.secret;
}
