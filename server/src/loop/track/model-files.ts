import type { Readable } from 'node:stream';
import type { Context } from '../../context.ts';
import { checkArtifactPath, locatedKey } from './artifact-path.ts';
import { trackErrors } from './errors.ts';
import { requireActiveModel } from './golden.ts';

type Parts = Pick<Context, 'db' | 'blobs'>;

/** Paths of a logged model's files, relative to its folder. @throws TRACK_MODEL_NOT_FOUND, TRACK_MODEL_ELSEWHERE */
export async function listModelFiles(parts: Parts, modelId: string): Promise<string[]> {
  const root = await rootKey(parts, modelId);
  const paths: string[] = [];
  for await (const { key } of parts.blobs.walk(root)) paths.push(key.slice(root.length + 1));
  return paths;
}

/** Null when there is no such file. @throws TRACK_MODEL_NOT_FOUND, TRACK_MODEL_ELSEWHERE, INVALID_PARAMETER_VALUE */
export async function openModelFile(
  parts: Parts,
  modelId: string,
  path: string,
): Promise<{ readonly size: number; readonly etag: string; readonly body: Readable } | null> {
  const root = await rootKey(parts, modelId);
  checkArtifactPath(path);
  const blob = await parts.blobs.get(`${root}/${path}`);
  return blob && { size: blob.info.size, etag: blob.info.etag, body: blob.body };
}

async function rootKey(parts: Parts, modelId: string): Promise<string> {
  const { artifactUri } = await requireActiveModel(parts, modelId);
  const key = locatedKey(artifactUri);
  if (key === null) throw trackErrors.MODEL_ELSEWHERE({ model: modelId, uri: artifactUri });
  return key;
}
