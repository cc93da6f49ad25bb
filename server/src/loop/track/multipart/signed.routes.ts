import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../../../context.ts';
import type { App } from '../../../platform/http/create-http.ts';
import { artifactKey } from '../artifact-path.ts';
import { contentDisposition } from '../content-disposition.ts';
import { invalidParameter, mlflowError } from '../mlflow-protocol/index.ts';
import { sendBlob } from '../send-blob.ts';
import { baseUrlOf, SIGNED, type UrlSigner } from './signed-url.ts';

type Parts = Pick<Context, 'blobs' | 'config'> & { readonly signer: UrlSigner };

/** Clients ask for a new URL when one has expired. */
const DOWNLOAD_SECONDS = 3_600;

/** `presigned/<path>`: where clients get ranges of an artifact, several at a time. */
export function presignedRoutes(app: App, prefix: string, { blobs, config, signer }: Parts): void {
  app.get(`${prefix}/presigned/*`, async (request, reply) => {
    const path = pathOf(request);
    const key = artifactKey(path);
    const info = await blobs.head(key);
    if (info === null) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No such artifact: '${path.slice(0, 500)}'`);
    const url =
      (await blobs.urls(key)?.get(DOWNLOAD_SECONDS, contentDisposition(path))) ??
      (await signer.sign(baseUrlOf(request, config.staticPrefix), { method: 'GET', path }, DOWNLOAD_SECONDS));
    return reply.type('application/json').send(JSON.stringify({ url, headers: {}, file_size: info.size }));
  });
}

/** What signed URLs name: no token is asked for, the signature is the permission. */
export function signedRoutes(app: App, { blobs, signer }: Parts): void {
  app.route({
    method: 'GET',
    url: `${SIGNED}/*`,
    exposeHeadRoute: false,
    config: { scope: 'none' },
    async handler(request, reply) {
      const path = pathOf(request);
      await signer.check(request, { method: 'GET', path });
      return sendBlob(request, reply, { blobs, key: artifactKey(path), path });
    },
  });
  app.route({
    method: 'PUT',
    url: `${SIGNED}/*`,
    config: { scope: 'none' },
    async handler(request, reply) {
      const path = pathOf(request);
      const { upload_id: upload, part_number: number } = request.query as Record<string, unknown>;
      const part = Number(number);
      await signer.check(request, { method: 'PUT', path, upload: String(upload), part });
      const size = Number(request.headers['content-length'] ?? Number.NaN);
      if (!Number.isSafeInteger(size)) throw invalidParameter('A part must come with its Content-Length.');
      const body = (request.body as Readable | null | undefined) ?? Readable.from([]);
      const etag = await blobs.parts.put({ key: artifactKey(path), id: String(upload) }, part, body, size);
      return reply.header('etag', `"${etag}"`).send();
    },
  });
}

function pathOf(request: FastifyRequest): string {
  return (request.params as { '*': string })['*'];
}
