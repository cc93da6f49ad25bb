import { Readable } from 'node:stream';
import { encodeChunkHeader, MAX_PACK_BYTES, PACK_MAGIC, type PackedChunk } from '@bucle/client/chunks';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { platformErrors } from '../../platform/errors.ts';
import type { App } from '../../platform/http/create-http.ts';
import { HashList, MissingHashes, ReceivedPack } from './chunk.schema.ts';
import { findChunks } from './chunk.store.ts';
import { readChunks, requireChunks } from './read-chunks.ts';
import { receivePack } from './receive-pack.ts';

const PACK_TYPE = 'application/vnd.bucle.pack';

export function chunkRoutes(app: App, context: Pick<Context, 'db' | 'blobs' | 'clock'>): void {
  const tags = ['chunks'];
  app.addContentTypeParser(PACK_TYPE, (_request, payload, done) => done(null, payload));

  app.post(
    '/api/v1/chunks/missing',
    {
      schema: {
        tags,
        operationId: 'findMissingChunks',
        summary: 'Which of these chunks are not stored yet.',
        body: HashList,
        response: { 200: MissingHashes },
      },
    },
    async ({ body }) => {
      const hashes = [...new Set(body.hashes)];
      const found = await findChunks(context.db.scan, hashes);
      return { missing: hashes.filter((hash) => !found.has(hash)) };
    },
  );

  app.post(
    '/api/v1/chunks',
    {
      bodyLimit: MAX_PACK_BYTES,
      schema: {
        tags,
        operationId: 'storeChunks',
        summary: 'Stores the chunks of a pack; when it answers, all of them are verified and on disk.',
        consumes: [PACK_TYPE],
        response: { 200: ReceivedPack },
      },
    },
    async ({ body, headers }) => {
      if (body instanceof Readable) return receivePack(context, body);
      throw platformErrors.UNSUPPORTED_MEDIA_TYPE({ type: String(headers['content-type'] ?? '(none)').slice(0, 100) });
    },
  );

  app.post(
    '/api/v1/chunks/fetch',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'fetchChunks',
        summary: 'These chunks as a pack, in the order of the request.',
        body: HashList,
        response: { 200: Type.Unsafe<Readable>({ type: 'string', format: 'binary' }) },
      },
    },
    async ({ body }, reply) => {
      await requireChunks(context, body.hashes);
      const pack = encodePack(readChunks(context, body.hashes));
      return reply.type(PACK_TYPE).send(Readable.from(pack, { objectMode: false }));
    },
  );
}

async function* encodePack(chunks: AsyncIterable<PackedChunk>): AsyncGenerator<Uint8Array> {
  yield PACK_MAGIC;
  for await (const chunk of chunks) {
    yield encodeChunkHeader(chunk);
    yield chunk.stored;
  }
}
