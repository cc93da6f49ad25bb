import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { toAnswer } from '../../../engines/values.ts';
import type { App } from '../../../platform/http/create-http.ts';
import { answerPrediction, findEndpoint } from '../answer-prediction.ts';
import { serveErrors } from '../errors.ts';
import { readInvocation } from '../protocol/read-invocation.ts';
import type { GatewayParts } from './gateway-app.ts';
import { namingHeaders, readCommon } from './prediction-request.ts';
import { explain, sendJson } from './send-json.ts';

const EndpointParams = Type.Object({ name: Type.String() });
const DeploymentParams = Type.Object({ name: Type.String(), deployment: Type.String() });
const asReader = { config: { scope: 'read' as const } };

/** MLflow's scoring protocol, below `/endpoints`. */
export function invocationRoutes(scope: App, parts: GatewayParts): void {
  scope.setErrorHandler((error, request, reply) => sendFailure(error as Error, request, reply));
  scope.setNotFoundHandler((request, reply) =>
    sendFailure(serveErrors.ROUTE_NOT_FOUND({ method: request.method, path: pathOf(request) }), request, reply),
  );
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { name, deployment }: Static<typeof EndpointParams> & { readonly deployment?: string },
  ) => {
    const receivedAt = parts.clock.now();
    const common = readCommon(request, receivedAt);
    const { input, params } = readInvocation(request.headers['content-type'], request.body as Buffer);
    const { outputs } = await answerPrediction(
      parts,
      {
        ...{ ...common, endpoint: name, version: null, protocol: 'mlflow', input, params },
        deployment: deployment ?? common.deployment,
      },
      namingHeaders(reply),
    );
    return sendJson(reply, 200, { predictions: outputs.map(toAnswer) });
  };
  scope.post('/:name/invocations', { ...asReader, schema: { params: EndpointParams } }, (request, reply) =>
    answer(request, reply, request.params),
  );
  scope.post(
    '/:name/deployments/:deployment/invocations',
    { ...asReader, schema: { params: DeploymentParams } },
    (request, reply) => answer(request, reply, request.params),
  );
  for (const path of ['/:name/ping', '/:name/health']) {
    scope.get(path, { schema: { params: EndpointParams } }, async ({ params: { name } }, reply) => {
      const { desired, split } = findEndpoint(parts.fleet, name);
      if (Object.keys(split).length > 0) return reply.type('text/plain').send('\n');
      throw serveErrors.NOT_READY({ endpoint: desired.name, reason: 'no deployment with traffic is ready' });
    });
  }
  scope.get('/:name/version', { schema: { params: EndpointParams } }, async ({ params: { name } }, reply) => {
    const { desired, split, deployments } = findEndpoint(parts.fleet, name);
    const largest = Object.entries(split).sort(([, a], [, b]) => b - a)[0]?.[0];
    const version = deployments.get(largest ?? '')?.target.deployment.version;
    if (version !== undefined) return reply.type('text/plain').send(version.replace(/^version:/, ''));
    throw serveErrors.NOT_READY({ endpoint: desired.name, reason: 'no deployment with traffic is ready' });
  });
}

const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  413: 'REQUEST_LIMIT_EXCEEDED',
  415: 'BAD_REQUEST',
  429: 'REQUEST_LIMIT_EXCEEDED',
  503: 'TEMPORARILY_UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** In the shape of MLflow's own errors. */
function sendFailure(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message, code, next } = explain(error, request, reply);
  const body = {
    error_code: CODES[status] ?? 'INTERNAL_ERROR',
    message,
    code,
    ...(next === undefined ? {} : { next }),
  };
  return sendJson(reply, status, body);
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? '';
}
