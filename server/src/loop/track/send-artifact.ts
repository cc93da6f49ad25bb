import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import { locatedKey } from './artifact-path.ts';
import { invalidParameter } from './mlflow-protocol/index.ts';
import { sendBlob } from './send-blob.ts';

/**
 * Sends one file of a run, a logged model or a version, by the location that the server noted for it.
 * @throws INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST
 */
export async function sendArtifact(
  { blobs }: Pick<Context, 'blobs'>,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { location, path }: { readonly location: string; readonly path: string },
): Promise<FastifyReply> {
  return sendBlob(request, reply, { blobs, key: requireLocatedKey(location, path), path });
}

/** @throws INVALID_PARAMETER_VALUE for a location that this server does not read */
export function requireLocatedKey(location: string, path: string): string {
  const key = locatedKey(location, path);
  if (key !== null) return key;
  throw invalidParameter(`The artifacts are at ${location.slice(0, 300)}, which this server does not read: ask there.`);
}
