import type { FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { missing, sendArtifact, speakMlflow } from '../track/index.ts';
import { checkName, checkVersion } from './mlflow-fields.ts';
import { versionNotFound } from './mlflow-refusals.ts';
import { findVersion } from './version.store.ts';

type Parts = Pick<Context, 'db' | 'blobs'>;

/** One file of a model version, as MLflow's own pages ask for it. */
export async function versionArtifactRoutes(app: App, parts: Parts): Promise<void> {
  await app.register((scope, _options, registered) => {
    addRoutes(scope as unknown as App, parts);
    registered();
  });
}

function addRoutes(scope: App, parts: Parts): void {
  speakMlflow(scope);
  for (const url of ['/model-versions/get-artifact', '/ajax-api/2.0/mlflow/model-versions/get-artifact']) {
    scope.route({
      ...{ method: ['GET', 'HEAD'], url, exposeHeadRoute: false },
      async handler(request, reply) {
        const key = { name: checkName(query(request, 'name')), number: checkVersion(query(request, 'version')) };
        const path = query(request, 'path');
        const version = await findVersion(parts.db.read, key);
        if (!version) throw versionNotFound(key);
        return sendArtifact(parts, { request, reply }, { location: version.location, path });
      },
    });
  }
}

/** @throws INVALID_PARAMETER_VALUE when it is not there */
function query(request: FastifyRequest, name: string): string {
  const value = (request.query as Record<string, unknown>)[name];
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw missing(name);
  return value;
}
