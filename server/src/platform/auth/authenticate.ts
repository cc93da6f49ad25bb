import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { hashSecret } from './create-token.ts';
import { localPrincipal, type Principal, type Scope } from './principal.ts';
import { findTokenByHash, type TokenRow, type TokenTables } from './token.store.ts';

/** Long enough to spare a query per request, short enough that a revoked token ends soon. */
const CACHE_MS = 2_000;
const CACHE_SIZE = 1_000;

export type Authenticate = (authorization: string | undefined) => Promise<Principal | null>;

/**
 * Resolves an Authorization header (Bearer, or Basic with the token as password, as MLflow clients send it).
 * Without a header the caller is local and may do everything, unless tokens are required. `null` = refuse.
 */
export function authenticator(
  { db, clock }: { db: { read: Kysely<TokenTables> }; clock: Clock },
  options: { required: boolean },
): Authenticate {
  const cache = new Map<string, { at: number; principal: Principal | null }>();
  const lookUp = async (hash: string): Promise<Principal | null> => {
    const row = await findTokenByHash(db.read, hash);
    const principal = row && isLive(row, clock.now()) ? toPrincipal(row) : null;
    if (cache.size >= CACHE_SIZE) cache.clear();
    cache.set(hash, { at: clock.now(), principal });
    return principal;
  };
  return async (authorization) => {
    if (authorization === undefined || authorization === '') return options.required ? null : localPrincipal;
    const secret = secretOf(authorization);
    if (secret === null) return null;
    const hash = hashSecret(secret);
    const cached = cache.get(hash);
    return cached && clock.now() - cached.at < CACHE_MS ? cached.principal : lookUp(hash);
  };
}

/** The token in a Bearer or Basic header. */
export function secretOf(authorization: string): string | null {
  const [scheme = '', value = ''] = authorization.split(/\s+/, 2);
  if (scheme.toLowerCase() === 'bearer') return value === '' ? null : value;
  if (scheme.toLowerCase() !== 'basic') return null;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? null : decoded.slice(colon + 1);
}

function isLive(row: TokenRow, now: number): boolean {
  return row.revoked_at === null && (row.expires_at === null || row.expires_at > now);
}

function toPrincipal(row: TokenRow): Principal {
  const scopes = JSON.parse(row.scopes) as Scope[];
  if (row.kind === 'job' && row.job_id !== null) return { kind: 'job', name: row.name, scopes, jobId: row.job_id };
  if (row.kind === 'gateway') return { kind: 'gateway', name: row.name, scopes };
  return { kind: 'token', name: row.name, scopes };
}
