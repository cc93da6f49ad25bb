import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { artifactFolder, artifactKey } from './artifact-path.ts';
import { listBelow, listFolder } from './list-artifacts.ts';
import {
  type AddOperation,
  invalidParameter,
  missing,
  mlflowError,
  speakMlflow,
  text,
  toResponseJson,
} from './mlflow-protocol/index.ts';
import { requireOwnArtifact } from './own-artifact.ts';
import { requireModel, requireRun } from './require-run.ts';
import { runId } from './run.routes.ts';
import { sendBlob } from './send-blob.ts';

type Parts = Pick<Context, 'db' | 'blobs'>;

const PREFIXES = ['/api/2.0/mlflow-artifacts', '/ajax-api/2.0/mlflow-artifacts'];
const JSON_TYPE = 'application/json';

/** `artifacts/list` of a run: paths relative to the run's root. */
export function artifactOperations(add: AddOperation, { db, blobs }: Parts): void {
  add({
    method: 'GET',
    path: 'artifacts/list',
    request: { run_id: runId, path: text() },
    async handle({ run_id, path = '' }) {
      const { artifactUri } = await requireRun(db.read, run_id);
      return { root_uri: artifactUri, files: await listBelow({ blobs }, artifactUri, path) };
    },
  });
}

/** The artifact proxy: bytes are streamed both ways, whatever content type they are said to have. */
export async function artifactRoutes(app: App, parts: Parts): Promise<void> {
  await app.register((scope, _options, registered) => {
    speakMlflow(scope as unknown as App);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const prefix of PREFIXES) {
      proxyRoutes(scope as unknown as App, prefix, parts);
      refusedRoutes(scope as unknown as App, prefix);
    }
    downloadRoutes(scope as unknown as App, parts);
    registered();
  });
}

function proxyRoutes(app: App, prefix: string, { db, blobs }: Parts): void {
  const url = `${prefix}/artifacts/*`;
  app.route({
    method: 'PUT',
    url,
    config: { jobs: true },
    async handler(request, reply) {
      const path = filePath(request);
      const key = artifactKey(path);
      await requireOwnArtifact(db.read, path, request.principal);
      await blobs.put(key, (request.body as Readable | null | undefined) ?? new Uint8Array());
      return reply.type(JSON_TYPE).send('{}');
    },
  });
  app.route({
    method: ['GET', 'HEAD'],
    url,
    exposeHeadRoute: false,
    handler(request, reply) {
      const path = filePath(request);
      return sendBlob(request, reply, { blobs, key: artifactKey(path), path });
    },
  });
  app.route({
    method: 'DELETE',
    url,
    config: { jobs: true },
    async handler(request, reply) {
      const path = filePath(request);
      const key = artifactKey(path);
      await requireOwnArtifact(db.read, path, request.principal);
      await blobs.delete(key);
      return reply.type(JSON_TYPE).send('{}');
    },
  });
  app.get(`${prefix}/artifacts`, async (request, reply) => {
    const files = await listFolder({ blobs }, queryText(request, 'path') ?? '');
    return reply.type(JSON_TYPE).send(toResponseJson({ files }));
  });
}

/** Clients that ask for these fall back to plain PUT and GET when they read exactly these words. */
function refusedRoutes(app: App, prefix: string): void {
  for (const step of ['create', 'complete', 'abort']) {
    app.post(`${prefix}/mpu/${step}/*`, { config: { scope: 'read' } }, async () => {
      throw mlflowError('NOT_IMPLEMENTED', 'Multipart upload is not supported for the current artifact repository');
    });
  }
  app.get(`${prefix}/presigned/*`, async () => {
    throw mlflowError('NOT_IMPLEMENTED', 'Multipart download is not supported for the current artifact repository');
  });
}

/** One file of a run or a logged model, for browsers. */
function downloadRoutes(app: App, { db, blobs }: Parts): void {
  const method = ['GET', 'HEAD'];
  for (const url of ['/get-artifact', '/ajax-api/2.0/mlflow/get-artifact']) {
    app.route({
      method,
      url,
      exposeHeadRoute: false,
      async handler(request, reply) {
        const id = queryText(request, 'run_id') ?? queryText(request, 'run_uuid');
        if (id === undefined) throw missing('run_id');
        const path = requiredPath(request, 'path');
        const { artifactUri } = await requireRun(db.read, id);
        return sendBlob(request, reply, { blobs, key: keyBelow(artifactUri, path), path });
      },
    });
  }
  app.route({
    method,
    url: '/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files',
    exposeHeadRoute: false,
    async handler(request, reply) {
      const path = requiredPath(request, 'artifact_file_path');
      const { model_id } = request.params as { model_id: string };
      const { artifactUri } = await requireModel(db.read, model_id);
      return sendBlob(request, reply, { blobs, key: keyBelow(artifactUri, path), path });
    },
  });
}

function keyBelow(rootUri: string, path: string): string {
  const root = artifactFolder(rootUri);
  if (root === null) {
    throw invalidParameter(`The artifacts are at ${rootUri}, which this server does not read: ask there.`);
  }
  artifactKey(path);
  return artifactKey(`${root}/${path}`);
}

function filePath(request: FastifyRequest): string {
  const path = (request.params as { '*': string })['*'];
  if (path === '' || path.endsWith('/')) throw invalidParameter('Invalid path');
  return path;
}

function requiredPath(request: FastifyRequest, name: string): string {
  const path = queryText(request, name);
  if (path === undefined || path === '') throw missing(name);
  return path;
}

function queryText({ query }: FastifyRequest, name: string): string | undefined {
  const value = (query as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}
