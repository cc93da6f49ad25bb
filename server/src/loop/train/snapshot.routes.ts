import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { trainErrors } from './errors.ts';
import {
  MissingRequest,
  MissingResponse,
  NewSnapshot,
  Sha256,
  SnapshotDetail,
  SnapshotResponse,
  toSnapshotDetail,
  toSnapshotResponse,
} from './snapshot.schema.ts';
import { findSnapshot } from './snapshot.store.ts';
import { commitSnapshot, findMissingFiles, loadTree, openFile, storeFile } from './store-snapshot.ts';

const tags = ['snapshots'];
const Bytes = Type.Unsafe<Readable>({ type: 'string', format: 'binary' });
const Id = Type.Object({ id: Sha256 });

type Parts = Pick<Context, 'db' | 'blobs' | 'clock'>;

export function snapshotRoutes(app: App, parts: Parts): void {
  app.post(
    '/api/v1/snapshots/missing',
    {
      schema: {
        tags,
        operationId: 'findMissingSnapshotFiles',
        summary: 'Which contents are not stored yet.',
        body: MissingRequest,
        response: { 200: MissingResponse },
      },
    },
    async ({ body }) => ({ missing: await findMissingFiles(parts, body.files) }),
  );
  app.post(
    '/api/v1/snapshots',
    {
      schema: {
        tags,
        operationId: 'commitSnapshot',
        summary: 'Makes a snapshot of contents that are stored; the same tree answers the same snapshot.',
        body: NewSnapshot,
        response: { 200: SnapshotResponse, 201: SnapshotResponse },
      },
    },
    async ({ body, principal }, reply) => {
      const { snapshot, created } = await commitSnapshot(parts, { files: body.files, actor: principal.name });
      return reply.code(created ? 201 : 200).send(toSnapshotResponse(snapshot));
    },
  );
  uploadRoute(app, parts);
  readRoutes(app, parts);
}

function uploadRoute(app: App, parts: Parts): void {
  void app.register((raw, _options, registered) => {
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    raw.put(
      '/api/v1/snapshots/files/:sha256',
      {
        schema: {
          tags,
          operationId: 'putSnapshotFile',
          summary: 'Stores one content under its hash.',
          consumes: ['application/octet-stream'],
          params: Type.Object({ sha256: Sha256 }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const { sha256 } = request.params as { sha256: string };
        await storeFile(parts, sha256, (request.body as Readable | null) ?? Readable.from([]));
        return reply.code(204).send(null);
      },
    );
    registered();
  });
}

function readRoutes(app: App, parts: Parts): void {
  app.get(
    '/api/v1/snapshots/:id',
    { schema: { tags, operationId: 'getSnapshot', params: Id, response: { 200: SnapshotDetail } } },
    async ({ params }) => {
      const snapshot = await findSnapshot(parts.db.read, params.id);
      if (!snapshot) throw trainErrors.SNAPSHOT_NOT_FOUND({ snapshot: params.id });
      return toSnapshotDetail(snapshot, await loadTree(parts, params.id));
    },
  );
  app.get(
    '/api/v1/snapshots/:id/file',
    {
      schema: {
        tags,
        operationId: 'getSnapshotFile',
        summary: 'The bytes of one file of the snapshot.',
        params: Id,
        querystring: Type.Object({ path: Type.String() }),
        response: { 200: Bytes },
      },
    },
    async ({ params, query }, reply) => {
      const file = (await loadTree(parts, params.id)).find(({ path }) => path === query.path);
      if (!file) throw trainErrors.SNAPSHOT_FILE_NOT_FOUND({ snapshot: params.id, path: query.path });
      reply.header('content-length', file.size).header('content-disposition', 'attachment');
      return reply.type('application/octet-stream').send(await openFile(parts, file.sha256));
    },
  );
}
