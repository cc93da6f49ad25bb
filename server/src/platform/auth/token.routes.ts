import type { Kysely, Transaction } from 'kysely';
import { Type } from 'typebox';
import type { Clock } from '../clock.ts';
import { isUniqueViolation } from '../db/database-errors.ts';
import type { App } from '../http/create-http.ts';
import { createToken } from './create-token.ts';
import { authErrors } from './errors.ts';
import type { Scope } from './principal.ts';
import { listTokens, revokeToken, type TokenTables } from './token.store.ts';

const ScopeName = Type.Union([Type.Literal('read'), Type.Literal('write'), Type.Literal('admin')]);

const TokenSummary = Type.Object({
  name: Type.String(),
  scopes: Type.Array(ScopeName),
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  expires_at: Type.Union([Type.Integer(), Type.Null()]),
  revoked_at: Type.Union([Type.Integer(), Type.Null()]),
});

const NewToken = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' }),
    scopes: Type.Array(ScopeName, { minItems: 1, maxItems: 3 }),
    lifetime_seconds: Type.Optional(Type.Integer({ minimum: 60 })),
  },
  { additionalProperties: false },
);

const CreatedToken = Type.Object({
  name: Type.String(),
  secret: Type.String({ description: 'Shown once; only its hash is kept.' }),
});

interface Parts {
  readonly db: {
    readonly read: Kysely<TokenTables>;
    transaction<T>(work: (trx: Transaction<TokenTables>) => Promise<T>): Promise<T>;
  };
  readonly clock: Clock;
}

/** Tokens: make, list, revoke; only for admins. */
export function tokenRoutes(app: App, { db, clock }: Parts): void {
  const config = { scope: 'admin' } as const;
  app.post(
    '/api/v1/tokens',
    {
      config,
      schema: { tags: ['tokens'], operationId: 'createToken', body: NewToken, response: { 201: CreatedToken } },
    },
    async ({ body }, reply) => {
      const lifetime = body.lifetime_seconds === undefined ? {} : { lifetimeMs: body.lifetime_seconds * 1000 };
      try {
        const { secret } = await db.transaction((trx) =>
          createToken(trx, { clock }, { name: body.name, kind: 'token', scopes: body.scopes, ...lifetime }),
        );
        return await reply.code(201).send({ name: body.name, secret });
      } catch (error) {
        if (isUniqueViolation(error)) throw authErrors.TOKEN_EXISTS({ name: body.name });
        throw error;
      }
    },
  );
  app.get(
    '/api/v1/tokens',
    {
      config,
      schema: {
        tags: ['tokens'],
        operationId: 'listTokens',
        response: { 200: Type.Object({ tokens: Type.Array(TokenSummary) }) },
      },
    },
    async () => {
      const rows = await listTokens(db.read);
      return {
        tokens: rows.map(({ name, scopes, created_at, expires_at, revoked_at }) => ({
          name,
          scopes: JSON.parse(scopes) as Scope[],
          created_at,
          expires_at,
          revoked_at,
        })),
      };
    },
  );
  app.delete(
    '/api/v1/tokens/:name',
    {
      config,
      schema: {
        tags: ['tokens'],
        operationId: 'revokeToken',
        params: Type.Object({ name: Type.String() }),
        response: { 204: Type.Null() },
      },
    },
    async ({ params }, reply) => {
      const revoked = await db.transaction((trx) => revokeToken(trx, params.name, clock.now()));
      if (revoked === 0) throw authErrors.TOKEN_NOT_FOUND({ name: params.name });
      return reply.code(204).send(null);
    },
  );
}
