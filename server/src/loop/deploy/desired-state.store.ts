import { createHash } from 'node:crypto';
import type { Db, Trx } from '../../database.ts';
import { listTokens } from '../../platform/auth/token.store.ts';
import type { DesiredState } from './desired-state.schema.ts';
import { WORKSPACE } from './endpoint.ts';

export interface DesiredStateTable {
  workspace: string;
  revision: number;
  tokens_digest: string;
  /** JSON: endpoints and tokens. */
  content: string;
  changed_at: number;
}

export interface DesiredStateTables {
  desired_states: DesiredStateTable;
}

export type DesiredContent = Pick<DesiredState, 'endpoints' | 'tokens'>;

export async function readRevision(db: Db): Promise<{ revision: number; tokensDigest: string } | undefined> {
  const row = await db
    .selectFrom('desired_states')
    .select(['revision', 'tokens_digest'])
    .where('workspace', '=', WORKSPACE)
    .executeTakeFirst();
  return row && { revision: row.revision, tokensDigest: row.tokens_digest };
}

export async function readDesiredState(db: Db): Promise<{ revision: number; content: string } | undefined> {
  return db
    .selectFrom('desired_states')
    .select(['revision', 'content'])
    .where('workspace', '=', WORKSPACE)
    .executeTakeFirst();
}

export async function writeDesiredState(
  trx: Trx,
  state: { revision: number; tokensDigest: string; content: string; now: number },
): Promise<void> {
  const columns = {
    revision: state.revision,
    tokens_digest: state.tokensDigest,
    content: state.content,
    changed_at: state.now,
  };
  await trx
    .insertInto('desired_states')
    .values({ workspace: WORKSPACE, ...columns })
    .onConflict((conflict) => conflict.column('workspace').doUpdateSet(columns))
    .execute();
}

/** Tokens of people that were not revoked, and a digest that changes whenever they do. */
export async function readCallerTokens(db: Db): Promise<{ tokens: DesiredState['tokens']; digest: string }> {
  const rows = (await listTokens(db)).filter(({ revoked_at }) => revoked_at === null);
  const tokens = rows.map(({ name, secret_hash, expires_at }) => ({ name, secret_hash, expires_at }));
  return { tokens, digest: createHash('sha256').update(JSON.stringify(tokens)).digest('hex') };
}
