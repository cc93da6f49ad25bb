import type { Context } from '../../../context.ts';
import type { App } from '../../../platform/http/create-http.ts';
import { uuidv7 } from '../../../platform/ids.ts';
import { findEndpoint } from '../endpoint.store.ts';
import { deployErrors } from '../errors.ts';
import type { ModelSource } from '../model-source.ts';
import { abortRollout, holdRollout, promoteRollout, resumeRollout, undoRollout } from './end-rollout.ts';
import {
  EndpointParams,
  NewRollout,
  ReasonBody,
  Rollout,
  RolloutPage,
  RolloutParams,
  RolloutQuery,
  toPlan,
  toRolloutResponse,
} from './rollout.schema.ts';
import { findRollout, listRollouts } from './rollout.store.ts';
import { startRollout } from './start-rollout.ts';

const tags = ['rollouts'];

type Parts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'> & { readonly source: ModelSource };

export function rolloutRoutes(app: App, parts: Parts): void {
  app.post(
    '/api/v1/endpoints/:name/rollouts',
    {
      schema: {
        tags,
        operationId: 'startRollout',
        summary:
          'Brings a version to stable traffic step by step, watched by guards. Needs a decision that promotes it, or a ' +
          'reason. Deploys the version when it is not.',
        params: EndpointParams,
        body: NewRollout,
        response: { 202: Rollout },
      },
    },
    async ({ params, body, principal, id }, reply) => {
      const { version, decision, reason, engine, plan, key = uuidv7() } = body;
      const rollout = await startRollout(parts, {
        ...{ endpoint: params.name, version, decision, reason, key, actor: principal.name, cause: `request:${id}` },
        ...(engine === undefined ? {} : { engine }),
        ...(plan === undefined ? {} : { plan: toPlan(plan) }),
      });
      return reply.code(202).send(toRolloutResponse(rollout));
    },
  );
  app.get(
    '/api/v1/endpoints/:name/rollouts',
    {
      schema: {
        tags,
        operationId: 'listRollouts',
        summary: 'Rollouts of an endpoint, newest first.',
        params: EndpointParams,
        querystring: RolloutQuery,
        response: { 200: RolloutPage },
      },
    },
    async ({ params: { name }, query: { before = null, limit } }) => {
      const rollouts = await listRollouts(parts.db.read, { endpoint: name, before, limit });
      if (rollouts.length === 0 && !(await findEndpoint(parts.db.read, name))) {
        throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: name });
      }
      const next = rollouts.length < limit ? null : (rollouts.at(-1)?.id ?? null);
      return { rollouts: rollouts.map(toRolloutResponse), next };
    },
  );
  app.get(
    '/api/v1/rollouts/:id',
    { schema: { tags, operationId: 'getRollout', params: RolloutParams, response: { 200: Rollout } } },
    async ({ params: { id } }) => {
      const rollout = await findRollout(parts.db.read, id);
      if (!rollout) throw deployErrors.ROLLOUT_NOT_FOUND({ rollout: id });
      return toRolloutResponse(rollout);
    },
  );
  actRoutes(app, parts);
}

const acts = {
  abort: { act: abortRollout, summary: 'Takes all requests from the candidate at once.' },
  undo: { act: undoRollout, summary: 'Goes back to the version before; an open rollout is aborted.' },
  promote: { act: promoteRollout, summary: 'Goes to 100 % past the steps and guards that are left: an override.' },
  hold: { act: holdRollout, summary: 'Stops it where it is until somebody resumes it.' },
  resume: { act: resumeRollout, summary: 'Lets it go on; a guard that holds it is overruled.' },
} as const;

function actRoutes(app: App, parts: Parts): void {
  for (const [name, { act, summary }] of Object.entries(acts)) {
    app.post(
      `/api/v1/rollouts/:id/${name}`,
      {
        schema: {
          tags,
          operationId: `${name}Rollout`,
          summary,
          params: RolloutParams,
          body: ReasonBody,
          response: { 200: Rollout },
        },
      },
      async ({ params, body, principal, id }) => {
        const because = { actor: principal.name, cause: `request:${id}` };
        return toRolloutResponse(await act(parts, { rollout: params.id, reason: body.reason, ...because }));
      },
    );
  }
}
