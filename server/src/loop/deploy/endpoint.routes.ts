import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { EndpointChange, toDeclaration } from './declaration.schema.ts';
import { changeEndpoint, createEndpoint } from './declare-endpoint.ts';
import { listDeployments } from './deployment.store.ts';
import {
  Endpoint,
  EndpointDetail,
  EndpointPage,
  EndpointQuery,
  NameParams,
  NewEndpoint,
  TrafficChange,
  toEndpointDetail,
  toEndpointResponse,
} from './endpoint.schema.ts';
import { findEndpoint, listEndpoints } from './endpoint.store.ts';
import { deployErrors } from './errors.ts';
import { liveGateways } from './gateway.ts';
import { removeEndpoint } from './retire-deployment.ts';
import { findOpenRollout } from './rollout/rollout.store.ts';
import { setTraffic } from './set-traffic.ts';

const tags = ['endpoints'];

type Parts = Pick<Context, 'db' | 'clock' | 'config'>;

export function endpointRoutes(app: App, parts: Parts): void {
  readRoutes(app, parts);
  writeRoutes(app, parts);
  app.put(
    '/api/v1/endpoints/:name/traffic',
    {
      schema: {
        tags,
        operationId: 'setTraffic',
        summary:
          'Replaces the whole split at once; only deployments that are ready may get a share. Another version gets the ' +
          'largest one by a decision or for a reason only.',
        params: NameParams,
        body: TrafficChange,
        response: { 200: Endpoint },
      },
    },
    async ({ params, body, principal, id }) => {
      const because = { actor: principal.name, cause: `request:${id}` };
      const endpoint = await setTraffic(parts, { endpoint: params.name, ...body, ...because });
      return toEndpointResponse(endpoint, (await liveGateways(parts)).gatewayUrl);
    },
  );
}

function readRoutes(app: App, parts: Parts): void {
  app.get(
    '/api/v1/endpoints',
    { schema: { tags, operationId: 'listEndpoints', querystring: EndpointQuery, response: { 200: EndpointPage } } },
    async ({ query: { after = null, limit } }) => {
      const endpoints = await listEndpoints(parts.db.read, { after, limit });
      const { gatewayUrl } = await liveGateways(parts);
      const next = endpoints.length < limit ? null : (endpoints.at(-1)?.name ?? null);
      return { endpoints: endpoints.map((endpoint) => toEndpointResponse(endpoint, gatewayUrl)), next };
    },
  );
  app.get(
    '/api/v1/endpoints/:name',
    { schema: { tags, operationId: 'getEndpoint', params: NameParams, response: { 200: EndpointDetail } } },
    async ({ params: { name } }) => {
      const endpoint = await findEndpoint(parts.db.read, name);
      if (!endpoint) throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: name });
      const deployments = await listDeployments(parts.db.read, name);
      const rollout = await findOpenRollout(parts.db.read, name);
      return toEndpointDetail(endpoint, { deployments, rollout, ...(await liveGateways(parts)) });
    },
  );
}

function writeRoutes(app: App, parts: Parts): void {
  app.post(
    '/api/v1/endpoints',
    {
      schema: { tags, operationId: 'createEndpoint', body: NewEndpoint, response: { 201: Endpoint } },
    },
    async ({ body: { name, ...rest }, principal, id }, reply) => {
      const because = { actor: principal.name, cause: `request:${id}` };
      const endpoint = await createEndpoint(parts, { endpoint: name, declaration: toDeclaration(rest), ...because });
      return reply.code(201).send(toEndpointResponse(endpoint, (await liveGateways(parts)).gatewayUrl));
    },
  );
  app.patch(
    '/api/v1/endpoints/:name',
    {
      schema: {
        tags,
        operationId: 'changeEndpoint',
        summary: 'Changes what the endpoint declares; what is left out stays.',
        params: NameParams,
        body: EndpointChange,
        response: { 200: Endpoint },
      },
    },
    async ({ params: { name }, body, principal, id }) => {
      const because = { actor: principal.name, cause: `request:${id}` };
      const endpoint = await changeEndpoint(parts, { endpoint: name, declaration: toDeclaration(body), ...because });
      return toEndpointResponse(endpoint, (await liveGateways(parts)).gatewayUrl);
    },
  );
  app.delete(
    '/api/v1/endpoints/:name',
    {
      schema: {
        tags,
        operationId: 'removeEndpoint',
        summary: 'Takes the endpoint away, and retires all its deployments.',
        params: NameParams,
        response: { 204: Type.Null() },
      },
    },
    async ({ params: { name }, principal, id }, reply) => {
      await removeEndpoint(parts, { endpoint: name, actor: principal.name, cause: `request:${id}` });
      return reply.code(204).send(null);
    },
  );
}
