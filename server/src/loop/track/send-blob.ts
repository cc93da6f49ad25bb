import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BlobInfo, BlobStore, ByteRange } from '../../platform/blobs/blob-store.ts';
import { contentDisposition } from './content-disposition.ts';
import { mimeType } from './mime-type.ts';
import { mlflowError } from './mlflow-protocol/index.ts';

interface Source {
  readonly blobs: BlobStore;
  readonly key: string;
  /** As the client named it, for messages and for the name of the saved file. */
  readonly path: string;
}

/**
 * Streams a blob, whole or the range that was asked for; HEAD tells the same without the bytes. Never as a page of
 * this origin: the bytes are whatever somebody uploaded. @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE for a folder
 */
export async function sendBlob(request: FastifyRequest, reply: FastifyReply, source: Source): Promise<FastifyReply> {
  const { blobs, key } = source;
  if (request.method !== 'HEAD' && isPlain(request)) {
    const found = (await blobs.get(key)) ?? (await throwAbsent(source));
    describe(reply, found.info, source.path);
    return reply.header('content-length', found.info.size).send(found.body);
  }
  const info = (await blobs.head(key)) ?? (await throwAbsent(source));
  describe(reply, info, source.path);
  const etag = `"${info.etag}"`;
  if (isKnown(request, etag)) return reply.code(304).send();
  const wanted = usableRange(request, info);
  const range = wanted === undefined ? null : parseRange(wanted, info.size);
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${info.size}`).send();
  reply.header('content-length', range ? range.end - range.start + 1 : info.size);
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${info.size}`);
  if (request.method === 'HEAD') return reply.send();
  const found = (await blobs.get(key, range ?? undefined)) ?? (await throwAbsent(source));
  // It was replaced in between: what the headers promise would no longer be true.
  if (found.info.etag !== info.etag) {
    found.body.destroy();
    throw mlflowError('RESOURCE_CONFLICT', `The artifact ${source.path} was replaced while it was read.`);
  }
  return reply.send(found.body);
}

function describe(reply: FastifyReply, info: BlobInfo, path: string): void {
  reply
    .header('content-type', mimeType(path))
    .header('content-disposition', contentDisposition(path))
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('accept-ranges', 'bytes')
    .header('etag', `"${info.etag}"`)
    .header('last-modified', new Date(info.modifiedAt).toUTCString());
}

async function throwAbsent({ blobs, key, path }: Source): Promise<never> {
  const name = path.slice(0, 500);
  const below = await blobs.list(key);
  if (below.length > 0) {
    throw mlflowError('INVALID_PARAMETER_VALUE', `Artifact path refers to a directory, not a file: '${name}'`);
  }
  throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No such artifact: '${name}'`);
}

/** No condition and no range: one look at the store is enough. */
function isPlain({ headers }: FastifyRequest): boolean {
  return headers.range === undefined && headers['if-none-match'] === undefined;
}

function isKnown({ headers }: FastifyRequest, etag: string): boolean {
  const given = headers['if-none-match'];
  if (given === undefined) return false;
  return given.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}

/** A range that was meant for another content is none. */
function usableRange({ headers }: FastifyRequest, { etag, modifiedAt }: BlobInfo): string | undefined {
  const condition = headers['if-range'];
  const isSame =
    condition === undefined || condition === `"${etag}"` || condition === new Date(modifiedAt).toUTCString();
  return isSame ? headers.range : undefined;
}

/** One range of bytes; several, or what is no range, means all (null). */
function parseRange(header: string, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  if (!match) return null;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return null;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < start) return null;
  return start >= size || (from === '' && Number(to) === 0) ? 'unsatisfiable' : { start, end };
}
