import type { Context } from '../../../context.ts';
import { artifactKey } from '../artifact-path.ts';
import {
  type AddOperation,
  integer,
  invalidParameter,
  list,
  message,
  required,
  text,
} from '../mlflow-protocol/index.ts';
import { requireOwnArtifact } from '../own-artifact.ts';
import { baseUrlOf, type UrlSigner } from './signed-url.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'config'> & { readonly signer: UrlSigner };

/** As S3 has it. */
const MAX_PARTS = 10_000;

/** As long as an upload without new parts is kept. */
const PART_SECONDS = 24 * 3_600;

const target = { '*': text(), path: required(text()) };
const upload = { ...target, upload_id: required(text()) };
const part = message({ part_number: required(integer()), etag: required(text()) });

/** `mpu/create`, `mpu/complete`, `mpu/abort`: a file in parts that clients send to signed URLs, several at a time. */
export function uploadOperations(add: AddOperation, { db, blobs, config, signer }: Parts): void {
  add({
    method: 'POST',
    path: 'mpu/create/*',
    jobs: true,
    request: { ...target, num_parts: integer() },
    async handle({ '*': folder = '', path: file, num_parts: count = 1 }, { principal, request }) {
      const path = pathOf(folder, file);
      const key = artifactKey(path);
      if (count < 0 || count > MAX_PARTS) {
        throw invalidParameter(`The parameter 'num_parts' must be from 1 to ${MAX_PARTS}, but it is ${count}.`);
      }
      await requireOwnArtifact(db.read, path, principal);
      const id = await blobs.parts.begin(key);
      const urls = blobs.urls(key);
      const base = baseUrlOf(request, config.staticPrefix);
      const credentials = await Promise.all(
        Array.from({ length: count }, async (_, i) => ({
          url:
            urls === null
              ? await signer.sign(base, { method: 'PUT', path, upload: id, part: i + 1 }, PART_SECONDS)
              : await urls.putPart(PART_SECONDS, id, i + 1),
          part_number: i + 1,
        })),
      );
      return { upload_id: id, credentials };
    },
  });
  add({
    method: 'POST',
    path: 'mpu/complete/*',
    jobs: true,
    request: { ...upload, parts: required(list(part)) },
    async handle({ '*': folder = '', path: file, upload_id: id, parts }, { principal }) {
      const path = pathOf(folder, file);
      const key = artifactKey(path);
      await requireOwnArtifact(db.read, path, principal);
      const sorted = [...parts].sort((a, b) => a.part_number - b.part_number);
      const gap = sorted.findIndex(({ part_number }, i) => part_number !== i + 1);
      if (gap >= 0)
        throw invalidParameter(`The parts must be numbered from 1 without a gap: ${gap + 1} is missing or twice.`);
      await blobs.parts.finish(
        { key, id },
        sorted.map(({ part_number, etag }) => ({ number: part_number, etag: etag.replace(/^"|"$/g, '') })),
      );
      return {};
    },
  });
  add({
    method: 'POST',
    path: 'mpu/abort/*',
    jobs: true,
    request: upload,
    async handle({ '*': folder = '', path: file, upload_id: id }, { principal }) {
      const path = pathOf(folder, file);
      const key = artifactKey(path);
      await requireOwnArtifact(db.read, path, principal);
      await blobs.parts.abort({ key, id });
      return {};
    },
  });
}

/** Clients name the folder of the artifact, and the file as it lies on their own disk. */
function pathOf(folder: string, file: string): string {
  const isWindows = /^[A-Za-z]:[\\/]|^\\\\/.test(file);
  const name = file.split(isWindows ? /[\\/]/ : '/').at(-1) ?? '';
  if (name === '') throw invalidParameter('Invalid path');
  return [folder.replace(/\/$/, ''), name].filter((one) => one !== '').join('/');
}
