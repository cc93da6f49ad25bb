import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { checkKey } from '../../../platform/blobs/blob-store.ts';
import type { StoredFile } from '../deployment.ts';
import type { ModelSource, SourceParts } from '../model-source.ts';
import { PrepareFailure } from './prepare-failure.ts';

const MAX_FILES = 10_000;

/** Writes the files of a model below `folder`, and tells their sizes and hashes, by path. */
export async function fetchModel(
  parts: SourceParts & { readonly source: ModelSource },
  modelId: string,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<StoredFile[]> {
  const paths = [...(await parts.source.files(parts, modelId))].sort();
  if (!paths.includes('MLmodel')) throw notAModel(modelId, 'it has no file MLmodel');
  if (paths.length > MAX_FILES) throw notAModel(modelId, `it has more than ${MAX_FILES} files`);
  const files: StoredFile[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    const stored = await parts.source.open(parts, modelId, path);
    if (!stored) throw notAModel(modelId, `its file ${path} vanished while it was read`);
    files.push({ path, ...(await writeHashed(stored.body, join(folder, checkKey(path)), signal)) });
  }
  return files;
}

/** One digest for the whole content. */
export function modelDigest(files: readonly StoredFile[]): string {
  const hash = createHash('sha256');
  for (const { path, sha256 } of files) hash.update(`${Buffer.byteLength(path)}:${path}${sha256}\n`);
  return hash.digest('hex');
}

/** Streams to a file of its own; constant memory. */
export async function writeHashed(
  body: Readable,
  path: string,
  signal: AbortSignal,
): Promise<{ size: number; sha256: string }> {
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  let size = 0;
  const measure = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(body, measure, createWriteStream(path), { signal });
  return { size, sha256: hash.digest('hex') };
}

function notAModel(modelId: string, problem: string): PrepareFailure {
  return new PrepareFailure({
    step: 'model',
    reason: `The logged model ${modelId} cannot be served: ${problem}.`,
    next: 'Log it with `mlflow.<flavor>.log_model`, register it, and deploy that version.',
  });
}
