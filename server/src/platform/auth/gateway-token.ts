import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { createToken, hashSecret } from './create-token.ts';
import { findTokenByHash, type TokenTables } from './token.store.ts';

/** Where server and gateway of one machine share the gateway's token. */
export function gatewayTokenFile(config: Pick<Config, 'dataDir'>): string {
  return join(config.dataDir, 'gateway.token');
}

/** The token that a gateway shows: BUCLE_TOKEN, else the file that the server of this machine wrote. */
export async function readGatewayToken(config: Pick<Config, 'dataDir' | 'token'>): Promise<string | null> {
  if (config.token !== null) return config.token;
  const text = await readFile(gatewayTokenFile(config), 'utf8').catch(() => '');
  return text.trim() === '' ? null : text.trim();
}

interface Parts {
  readonly config: Pick<Config, 'dataDir'>;
  readonly clock: Clock;
  readonly db: {
    readonly read: Kysely<TokenTables>;
    transaction<T>(work: (trx: Transaction<TokenTables>) => Promise<T>): Promise<T>;
  };
}

/** Makes the gateway's token on the first start; later starts find the file and leave it. */
export async function ensureGatewayToken({ config, clock, db }: Parts): Promise<void> {
  const path = gatewayTokenFile(config);
  const present = await readGatewayToken({ dataDir: config.dataDir, token: null });
  if (present !== null && (await findTokenByHash(db.read, hashSecret(present)))) return;
  const { secret } = await db.transaction((trx) =>
    createToken(trx, { clock }, { name: `gateway-${clock.now()}`, kind: 'gateway', scopes: ['read'] }),
  );
  await mkdir(dirname(path), { recursive: true });
  await using file = await open(`${path}.partial`, 'w', 0o600);
  await file.writeFile(secret);
  await file.sync();
  await rename(`${path}.partial`, path);
}
