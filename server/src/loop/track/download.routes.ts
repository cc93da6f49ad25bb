import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { checkArtifactPath } from './artifact-path.ts';
import { invalidParameter, missing, mlflowError } from './mlflow-protocol/index.ts';
import { requireModel, requireOwnRun, requireRun } from './require-run.ts';
import { requireLocatedKey, sendArtifact } from './send-artifact.ts';

type Parts = Pick<Context, 'db' | 'blobs'>;

const MAX_UPLOAD = 10 * 1024 * 1024;

/** What MLflow's own pages ask for: one file of a run or a logged model, and a small upload. */
export function downloadRoutes(app: App, parts: Parts): void {
  const { db } = parts;
  const method = ['GET', 'HEAD'];
  for (const url of ['/get-artifact', '/ajax-api/2.0/mlflow/get-artifact']) {
    app.route({
      method,
      url,
      exposeHeadRoute: false,
      async handler(request, reply) {
        const id = queryText(request, 'run_id') ?? queryText(request, 'run_uuid');
        if (id === undefined) throw missing('run_id');
        const path = queryText(request, 'path');
        if (path === undefined) throw missing('path');
        const { artifactUri } = await requireRun(db.read, id);
        return sendArtifact(parts, { request, reply }, { location: artifactUri, path });
      },
    });
  }
  app.route({
    method,
    url: '/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files',
    exposeHeadRoute: false,
    async handler(request, reply) {
      const path = queryText(request, 'artifact_file_path');
      if (path === undefined) {
        throw mlflowError('BAD_REQUEST', 'Request must include the "artifact_file_path" query parameter.');
      }
      const { model_id } = request.params as { model_id: string };
      const { artifactUri } = await requireModel(db.read, model_id);
      return sendArtifact(parts, { request, reply }, { location: artifactUri, path });
    },
  });
  uploadRoute(app, parts);
}

function uploadRoute(app: App, { db, blobs }: Parts): void {
  app.route({
    method: 'POST',
    url: '/ajax-api/2.0/mlflow/upload-artifact',
    config: { jobs: true },
    async handler(request, reply) {
      const id = queryText(request, 'run_uuid');
      if (id === undefined) throw invalidParameter('Request must specify run_uuid.');
      const path = queryText(request, 'path');
      if (path === undefined) throw invalidParameter('Request must specify path.');
      checkArtifactPath(path);
      const body = await readSmall(request);
      const { artifactUri } = await requireOwnRun(db.read, id, request.principal);
      await blobs.put(requireLocatedKey(artifactUri, path), body);
      return reply.type('application/json').send();
    },
  });
}

async function readSmall(request: FastifyRequest): Promise<Uint8Array> {
  const tooLarge = () => invalidParameter('Artifact size is too large. Max size is 10MB.');
  if (Number(request.headers['content-length'] ?? 0) > MAX_UPLOAD) throw tooLarge();
  const body = request.body as Readable | null | undefined;
  const bytes = body ? await buffer(bounded(body, tooLarge)) : new Uint8Array();
  if (bytes.length === 0) throw invalidParameter('Request must specify data.');
  return bytes;
}

/** Who does not say how long it is may not send for ever. */
async function* bounded(body: Readable, refuse: () => Error): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Uint8Array;
    size += bytes.length;
    if (size > MAX_UPLOAD) throw refuse();
    yield bytes;
  }
}

/** Nothing counts as absent. */
function queryText({ query }: FastifyRequest, name: string): string | undefined {
  const value = (query as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
