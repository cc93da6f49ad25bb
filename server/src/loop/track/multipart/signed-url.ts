import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../../../context.ts';
import { mlflowError } from '../mlflow-protocol/index.ts';
import { ensureSigningKey } from './signing-key.store.ts';

/** What one URL is good for. */
export type Grant =
  | { readonly method: 'GET'; readonly path: string }
  | { readonly method: 'PUT'; readonly path: string; readonly upload: string; readonly part: number };

export interface UrlSigner {
  /** Below `base`, good for so many seconds. */
  sign(base: string, grant: Grant, seconds: number): Promise<string>;
  /** @throws PERMISSION_DENIED */
  check(request: FastifyRequest, grant: Grant): Promise<void>;
}

type Parts = Pick<Context, 'db' | 'clock'>;

export const SIGNED = '/api/2.0/mlflow-artifacts/signed';

/** Signs URLs to this server that need no token: the key lives in the database, so they outlive a restart. */
export function openSigner({ db, clock }: Parts): UrlSigner {
  let key: Promise<Buffer> | undefined;
  const secret = () => {
    key ??= ensureSigningKey(db, { name: 'urls', fresh: randomBytes(32).toString('hex'), now: clock.now() }).then(
      (hex) => Buffer.from(hex, 'hex'),
    );
    key.catch(() => {
      key = undefined;
    });
    return key;
  };
  const signature = async (grant: Grant, expires: number): Promise<string> =>
    createHmac('sha256', await secret())
      .update(
        JSON.stringify([
          grant.method,
          grant.path,
          ...(grant.method === 'PUT' ? [grant.upload, grant.part] : []),
          expires,
        ]),
      )
      .digest('base64url');

  return {
    async sign(base, grant, seconds) {
      const expires = Math.floor(clock.now() / 1000) + seconds;
      const query = new URLSearchParams({
        ...(grant.method === 'PUT' ? { upload_id: grant.upload, part_number: String(grant.part) } : {}),
        expires: String(expires),
        signature: await signature(grant, expires),
      });
      return `${base}${SIGNED}/${grant.path.split('/').map(encodeURIComponent).join('/')}?${query}`;
    },
    async check(request, grant) {
      const { expires, signature: given } = request.query as Record<string, unknown>;
      const until = typeof expires === 'string' && /^\d{1,12}$/.test(expires) ? Number(expires) : 0;
      const wanted = Buffer.from(await signature(grant, until));
      const shown = Buffer.from(typeof given === 'string' ? given : '');
      if (shown.length !== wanted.length || !timingSafeEqual(shown, wanted) || until * 1000 < clock.now()) {
        throw mlflowError('PERMISSION_DENIED', 'The URL is not signed by this server for this, or it has expired.');
      }
    },
  };
}

/** How the client reached this server, also through a proxy that says so; the answer goes to that client only. */
export function baseUrlOf({ headers, protocol }: FastifyRequest, staticPrefix: string): string {
  const first = (name: string) =>
    String(headers[name] ?? '')
      .split(',')[0]
      ?.trim() ?? '';
  const host = [first('x-forwarded-host'), first('host')].find((one) => /^[\w.[\]:-]+$/.test(one)) ?? 'localhost';
  const scheme = /^https?$/.test(first('x-forwarded-proto')) ? first('x-forwarded-proto') : protocol;
  return `${scheme}://${host}${staticPrefix}`;
}
