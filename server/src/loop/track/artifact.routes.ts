import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { artifactKey } from './artifact-path.ts';
import { downloadRoutes } from './download.routes.ts';
import { listBelow, listFolder } from './list-artifacts.ts';
import {
  type AddOperation,
  invalidParameter,
  mlflowOperations,
  speakMlflow,
  text,
  toResponseJson,
} from './mlflow-protocol/index.ts';
import { presignedUrlOperations } from './multipart/presigned-url.routes.ts';
import { presignedRoutes, signedRoutes } from './multipart/signed.routes.ts';
import { openSigner } from './multipart/signed-url.ts';
import { uploadOperations } from './multipart/upload.routes.ts';
import { requireOwnArtifact } from './own-artifact.ts';
import { requireRun } from './require-run.ts';
import { runId } from './run.routes.ts';
import { sendBlob } from './send-blob.ts';
import { refuseUnserved } from './serve-switch.ts';

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
  presignedUrlOperations(add, { db, blobs });
}

/** The artifact proxy: bytes are streamed both ways, whatever content type they are said to have. */
export async function artifactRoutes(
  app: App,
  context: Pick<Context, 'db' | 'blobs' | 'clock' | 'config'>,
): Promise<void> {
  const parts = { ...context, signer: openSigner(context) };
  const { serve } = context.config.artifacts;
  await streams(app, (scope) => {
    if (!serve) refuseUnserved(scope);
    for (const prefix of PREFIXES) {
      proxyRoutes(scope, prefix, parts);
      presignedRoutes(scope, prefix, parts);
    }
    signedRoutes(scope, parts);
  });
  await streams(app, (scope) => downloadRoutes(scope, parts));
  const uploads = (add: AddOperation, scope: App) => {
    if (!serve) refuseUnserved(scope);
    uploadOperations(add, parts);
  };
  await mlflowOperations(
    app,
    uploads,
    PREFIXES.map((prefix) => `${prefix}/`),
  );
}

/** A scope where bodies stay streams. */
async function streams(app: App, declare: (scope: App) => void): Promise<void> {
  await app.register((scope, _options, registered) => {
    speakMlflow(scope as unknown as App);
    scope.removeAllContentTypeParsers();
    // The name says what it is; what the client calls it may not even be a type.
    scope.addHook('onRequest', async ({ headers }) => {
      headers['content-type'] = 'application/octet-stream';
    });
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    declare(scope as unknown as App);
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
      const path = starOf(request).replace(/\/$/, '');
      if (path === '') throw invalidParameter('Invalid path');
      const key = artifactKey(path);
      await requireOwnArtifact(db.read, path, request.principal);
      await blobs.delete(key);
      return reply.type(JSON_TYPE).send('{}');
    },
  });
  app.get(`${prefix}/artifacts`, async (request, reply) => {
    const { path } = request.query as Record<string, unknown>;
    const files = await listFolder({ blobs }, typeof path === 'string' ? path : '');
    return reply.type(JSON_TYPE).send(toResponseJson({ files }));
  });
}

function filePath(request: FastifyRequest): string {
  const path = starOf(request);
  if (path !== '' && !path.endsWith('/')) return path;
  throw invalidParameter("Artifact path must include a filename (cannot end with '/').");
}

function starOf({ params }: FastifyRequest): string {
  return (params as { '*': string })['*'];
}
