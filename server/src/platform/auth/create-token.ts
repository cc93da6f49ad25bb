import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Clock } from '../clock.ts';
import { randomSecret, uuidv7 } from '../ids.ts';
import type { Scope } from './principal.ts';
import { insertToken, type TokenTables } from './token.store.ts';

export interface NewToken {
  readonly name: string;
  readonly kind: 'token' | 'job' | 'gateway';
  readonly scopes: readonly Scope[];
  readonly jobId?: string;
  /** Milliseconds from now; absent: until revoked. */
  readonly lifetimeMs?: number;
}

/** Makes a token and returns its secret, which is shown this once and kept nowhere. */
export async function createToken(
  trx: Transaction<TokenTables>,
  { clock }: { clock: Clock },
  token: NewToken,
): Promise<{ id: string; secret: string }> {
  const id = uuidv7(clock.now());
  const secret = `bucle_${randomSecret()}`;
  await insertToken(trx, {
    id,
    workspace: 'default',
    name: token.name,
    kind: token.kind,
    scopes: JSON.stringify(token.scopes),
    job_id: token.jobId ?? null,
    secret_hash: hashSecret(secret),
    created_at: clock.now(),
    expires_at: token.lifetimeMs === undefined ? null : clock.now() + token.lifetimeMs,
    revoked_at: null,
  });
  return { id, secret };
}

/** SHA-256 in hex; a secret has 256 random bits, so that no slow hash is needed. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
