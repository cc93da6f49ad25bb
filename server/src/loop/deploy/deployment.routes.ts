import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { toDeclaration } from './declaration.schema.ts';
import { deployVersion } from './deploy-version.ts';
import { Deployment, DeploymentParams, NewDeployment, toDeploymentResponse } from './deployment.schema.ts';
import { findDeployment } from './deployment.store.ts';
import type { Deployment as DeploymentRow } from './deployment.ts';
import { NameParams } from './endpoint.schema.ts';
import { findEndpoint } from './endpoint.store.ts';
import { deployErrors } from './errors.ts';
import { liveGateways } from './gateway.ts';
import type { ModelSource } from './model-source.ts';
import { retireDeployment } from './retire-deployment.ts';

const tags = ['endpoints'];

const RetireQuery = Type.Object(
  { force: Type.Boolean({ default: false, description: 'Also when an undo would go back to it.' }) },
  { additionalProperties: false },
);

type Parts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock' | 'config'> & { readonly source: ModelSource };

export function deploymentRoutes(app: App, parts: Parts): void {
  app.post(
    '/api/v1/endpoints/:name/deployments',
    {
      schema: {
        tags,
        operationId: 'deployVersion',
        summary:
          'Accepts a deployment, and makes the endpoint when there is none. It is prepared and verified afterwards; ' +
          'its traffic moves once a gateway has reproduced the golden answers.',
        params: NameParams,
        body: NewDeployment,
        response: { 202: Deployment },
      },
    },
    async ({ params, body, principal, id }, reply) => {
      const { version, engine = 'auto', traffic, decision, reason, ...declaration } = body;
      const deployment = await deployVersion(parts, {
        ...{ endpoint: params.name, version, engine, traffic, decision, reason },
        declaration: toDeclaration(declaration),
        actor: principal.name,
        cause: `request:${id}`,
      });
      return reply.code(202).send(await respond(parts, deployment));
    },
  );
  app.get(
    '/api/v1/endpoints/:name/deployments/:deployment',
    { schema: { tags, operationId: 'getDeployment', params: DeploymentParams, response: { 200: Deployment } } },
    async ({ params }) => respond(parts, await requireDeployment(parts, params)),
  );
  app.delete(
    '/api/v1/endpoints/:name/deployments/:deployment',
    {
      schema: {
        tags,
        operationId: 'retireDeployment',
        summary: 'Ends a deployment that has no traffic; it stays on record.',
        params: DeploymentParams,
        querystring: RetireQuery,
        response: { 204: Type.Null() },
      },
    },
    async ({ params, query: { force }, principal, id }, reply) => {
      const because = { actor: principal.name, cause: `request:${id}` };
      await retireDeployment(parts, { endpoint: params.name, deployment: params.deployment, force, ...because });
      return reply.code(204).send(null);
    },
  );
}

async function requireDeployment(
  { db }: Pick<Parts, 'db'>,
  { name, deployment: id }: { name: string; deployment: string },
): Promise<DeploymentRow> {
  const deployment = await findDeployment(db.read, id);
  if (deployment?.endpoint !== name) throw deployErrors.DEPLOYMENT_NOT_FOUND({ endpoint: name, deployment: id });
  return deployment;
}

async function respond(parts: Parts, deployment: DeploymentRow) {
  const endpoint = await findEndpoint(parts.db.read, deployment.endpoint);
  const { gateways } = await liveGateways(parts);
  return toDeploymentResponse(deployment, endpoint?.traffic ?? {}, gateways);
}
