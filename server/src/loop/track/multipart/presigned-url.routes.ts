import type { Context } from '../../../context.ts';
import { contentDisposition } from '../content-disposition.ts';
import { mimeType } from '../mime-type.ts';
import { type AddOperation, integer, invalidParameter, mlflowError, required, text } from '../mlflow-protocol/index.ts';
import { requireOwnModel, requireOwnRun, requireRun } from '../require-run.ts';
import { runId } from '../run.routes.ts';
import { requireLocatedKey } from '../send-artifact.ts';

const MAX_SECONDS = 7 * 24 * 3_600;

/**
 * URLs straight into the bucket that a run's artifacts are in; what goes through the artifact proxy needs none.
 * Both are refused in MLflow's words, which its clients look for.
 */
export function presignedUrlOperations(add: AddOperation, { db, blobs }: Pick<Context, 'db' | 'blobs'>): void {
  add({
    method: 'POST',
    path: 'artifacts/presigned-upload-url',
    jobs: true,
    request: { run_id: text(), model_id: text(), path: required(text()), expiration: integer() },
    async handle({ run_id = '', model_id = '', path, expiration = 900 }, { principal }) {
      if ((run_id === '') === (model_id === '')) {
        throw invalidParameter('Exactly one of run_id and model_id must be provided.');
      }
      const find = run_id === '' ? requireOwnModel : requireOwnRun;
      const { artifactUri } = await find(db.read, run_id === '' ? model_id : run_id, principal);
      const key = requireLocatedKey(artifactUri, path);
      refuseProxied(
        artifactUri,
        (scheme) =>
          `Presigned upload is not supported for proxied artifact storage (artifact URI scheme: ${scheme}). ` +
          'This endpoint requires a direct cloud storage artifact URI.',
      );
      checkSeconds(expiration);
      const type = mimeType(path);
      const presigned_url = await blobs.urls(key)?.put(expiration, type);
      if (presigned_url === undefined) throw unsupported('upload');
      return { presigned_url, headers: { 'Content-Type': type } };
    },
  });
  add({
    method: 'POST',
    path: 'artifacts/presigned-download-url',
    scope: 'read',
    request: { run_id: runId, path: required(text()), expiration: integer() },
    async handle({ run_id, path, expiration = 300 }) {
      checkSeconds(expiration);
      const { artifactUri } = await requireRun(db.read, run_id);
      const key = requireLocatedKey(artifactUri, path);
      refuseProxied(
        artifactUri,
        (scheme) =>
          `Presigned download is not supported for runs with proxied artifact storage (artifact URI scheme: ${scheme}). ` +
          'This endpoint requires a run with a direct cloud storage artifact URI.',
      );
      const urls = blobs.urls(key);
      if (urls === null) throw unsupported('download');
      const info = await blobs.head(key);
      if (info === null) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No such artifact: '${path.slice(0, 500)}'`);
      return { presigned_url: await urls.get(expiration, contentDisposition(path)), file_size: info.size };
    },
  });
}

function refuseProxied(uri: string, say: (scheme: string) => string): void {
  const scheme = /^(https?|mlflow-artifacts):/i.exec(uri)?.[1];
  if (scheme !== undefined) throw invalidParameter(say(scheme.toLowerCase()));
}

function checkSeconds(seconds: number): void {
  if (seconds >= 1 && seconds <= MAX_SECONDS) return;
  throw invalidParameter(`expiration must be between 1 and ${MAX_SECONDS} seconds (got ${seconds}).`);
}

function unsupported(what: 'upload' | 'download') {
  return mlflowError('NOT_IMPLEMENTED', `Presigned ${what} is not supported for the current artifact repository`);
}
