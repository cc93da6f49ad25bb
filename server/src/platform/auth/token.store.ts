import type { Kysely, Transaction } from 'kysely';

/** A bearer token; only the SHA-256 of its secret is kept. */
export interface TokenTable {
  id: string;
  workspace: string;
  name: string;
  kind: 'token' | 'job' | 'gateway';
  /** JSON list of scopes. */
  scopes: string;
  /** The job whose runs it may touch, for kind `job`. */
  job_id: string | null;
  secret_hash: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
}

export interface TokenTables {
  tokens: TokenTable;
}

export type TokenRow = TokenTable;

export async function insertToken(trx: Transaction<TokenTables>, row: TokenRow): Promise<void> {
  await trx.insertInto('tokens').values(row).execute();
}

export async function findTokenByHash(db: Kysely<TokenTables>, secretHash: string): Promise<TokenRow | undefined> {
  return db.selectFrom('tokens').selectAll().where('secret_hash', '=', secretHash).executeTakeFirst();
}

export async function listTokens(db: Kysely<TokenTables>): Promise<TokenRow[]> {
  return db
    .selectFrom('tokens')
    .selectAll()
    .where('kind', '=', 'token')
    .where('workspace', '=', 'default')
    .orderBy('created_at')
    .execute();
}

/** Live tokens that people made: what the gateway accepts while the control server is away. */
export async function countLiveTokens(db: Kysely<TokenTables>, now: number): Promise<number> {
  const { count } = await db
    .selectFrom('tokens')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('kind', '=', 'token')
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function revokeToken(trx: Transaction<TokenTables>, name: string, now: number): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('name', '=', name)
    .where('workspace', '=', 'default')
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

export async function revokeJobTokens(trx: Transaction<TokenTables>, jobId: string, now: number): Promise<void> {
  await trx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('job_id', '=', jobId)
    .where('revoked_at', 'is', null)
    .execute();
}
