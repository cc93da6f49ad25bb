import { setTimeout as sleep } from 'node:timers/promises';
import { type Static, Type } from 'typebox';
import type { Context } from '../../context.ts';
import { hasScope, type Principal } from '../../platform/auth/principal.ts';
import type { App } from '../../platform/http/create-http.ts';
import { DESIRED_STATE_PATH, DesiredState, OBSERVATIONS_PATH, ObservationReport } from './desired-state.schema.ts';
import { type DesiredContent, readDesiredState } from './desired-state.store.ts';
import { currentRevision } from './desired-state.ts';
import { deployErrors } from './errors.ts';
import { observeDeployments } from './observe-deployments.ts';

const tags = ['gateways'];
const POLL_MS = 200;

type Parts = Pick<Context, 'db' | 'clock'>;

const StateQuery = Type.Object(
  {
    revision: Type.Optional(Type.Integer({ minimum: 0, description: 'The one that the gateway has.' })),
    wait: Type.Number({ minimum: 0, maximum: 30, default: 0, description: 'Seconds.' }),
  },
  { additionalProperties: false },
);

/** What gateways pull, and what they report. Only they and administrators get in: there are hashes of tokens in it. */
export function gatewayRoutes(app: App, parts: Parts): void {
  const closing = new AbortController();
  // Gateways that wait for news must not keep the server from stopping.
  app.addHook('preClose', async () => closing.abort());
  app.get(
    DESIRED_STATE_PATH,
    {
      config: { gateways: true },
      schema: {
        tags,
        operationId: 'getDesiredState',
        summary: 'What gateways shall run. Waits until the revision differs; 304 when the wait is over before.',
        querystring: StateQuery,
        response: { 200: DesiredState, 304: Type.Null() },
      },
    },
    async ({ query, principal, raw }, reply) => {
      gatewaysOnly(principal);
      const gone = new AbortController();
      raw.once('close', () => gone.abort());
      const signal = AbortSignal.any([closing.signal, gone.signal]);
      const changed = await untilChanged(parts, query.revision, query.wait * 1000, signal);
      if (!changed) return reply.code(304).send(null);
      return readState(parts);
    },
  );
  app.post(
    OBSERVATIONS_PATH,
    {
      config: { scope: 'read', gateways: true },
      onRequest: async ({ principal }) => gatewaysOnly(principal),
      schema: {
        tags,
        operationId: 'reportObservations',
        summary: 'All that one gateway sees; the same again changes nothing.',
        body: ObservationReport,
        response: { 204: Type.Null() },
      },
    },
    async ({ body }, reply) => {
      await observeDeployments(parts, body);
      return reply.code(204).send(null);
    },
  );
}

/** @throws DEPLOY_GATEWAYS_ONLY */
export function gatewaysOnly(principal: Principal): void {
  if (principal.kind === 'gateway' || hasScope(principal, 'admin')) return;
  throw deployErrors.GATEWAYS_ONLY({ token: principal.name });
}

/** False when the time is over and the revision still the one that the caller has. */
async function untilChanged(
  parts: Parts,
  known: number | undefined,
  waitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const until = performance.now() + waitMs;
  for (;;) {
    if ((await currentRevision(parts)) !== known) return true;
    if (signal.aborted || performance.now() >= until) return false;
    await sleep(Math.min(POLL_MS, until - performance.now()), undefined, { signal }).catch(() => {});
  }
}

async function readState({ db }: Pick<Parts, 'db'>): Promise<Static<typeof DesiredState>> {
  const state = await readDesiredState(db.read);
  if (!state) throw new Error('The desired state is not there right after it was computed.');
  const { endpoints, tokens } = JSON.parse(state.content) as DesiredContent;
  return { format: 'bucle.desired.v1', revision: state.revision, endpoints, tokens };
}
