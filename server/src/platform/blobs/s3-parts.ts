import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { blobErrors, type PartUpload, type PartUploads } from './blob-store.ts';
import { bare, refused, statusOf, storeFailed } from './s3-errors.ts';

const ABANDONED_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;

export interface S3Place {
  readonly client: S3Client;
  readonly bucket: string;
  locate(key: string): string;
}

/** The multipart uploads that S3 has. */
export function s3Parts(place: S3Place & { readonly root: string; readonly clock: Clock }): PartUploads {
  const { client, bucket: Bucket, locate, clock } = place;
  let sweptAt = clock.now();
  const target = ({ key, id }: PartUpload) => ({ Bucket, Key: locate(key), UploadId: id });

  return {
    async begin(key) {
      if (clock.now() - sweptAt >= SWEEP_EVERY_MS) {
        sweptAt = clock.now();
        await abortAbandoned(place, sweptAt - ABANDONED_MS);
      }
      const { UploadId } = await client
        .send(new CreateMultipartUploadCommand({ Bucket, Key: locate(key) }))
        .catch(refused('create-multipart-upload'));
      if (UploadId === undefined) throw storeFailed('create-multipart-upload', new Error('it answered no id'));
      return UploadId;
    },
    async put(upload, number, body, size) {
      const command = new UploadPartCommand({
        ...target(upload),
        PartNumber: number,
        Body: body,
        ContentLength: size,
      });
      const { ETag = '' } = await client.send(command).catch((error: unknown) => {
        throw statusOf(error) === 404 ? notFound(upload) : storeFailed('upload-part', error);
      });
      return bare(ETag);
    },
    async finish(upload, parts) {
      const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${bare(etag)}"` }));
      const command = new CompleteMultipartUploadCommand({ ...target(upload), MultipartUpload: { Parts } });
      await client.send(command).catch((error: unknown) => {
        if (statusOf(error) === 404) throw notFound(upload);
        if (statusOf(error) === 400) {
          const { name, message } = error as Error;
          throw blobErrors.PART_MISSING({ key: upload.key, number: '(any)', reason: `${name}: ${message}` });
        }
        throw storeFailed('complete-multipart-upload', error);
      });
    },
    async abort(upload) {
      await client.send(new AbortMultipartUploadCommand(target(upload))).catch((error: unknown) => {
        if (statusOf(error) !== 404) throw storeFailed('abort-multipart-upload', error);
      });
    },
  };
}

/** They cost as long as nobody ends them. A store that cannot list them is no reason to refuse a new one. */
async function abortAbandoned(
  { client, bucket: Bucket, root }: S3Place & { readonly root: string },
  before: number,
): Promise<void> {
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: root }));
    for (const { Key, UploadId, Initiated } of Uploads) {
      if (Initiated === undefined || Initiated.getTime() >= before) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
  } catch {
    // The next one tries again.
  }
}

function notFound({ id, key }: PartUpload) {
  return blobErrors.UPLOAD_NOT_FOUND({ id: id.slice(0, 100), key });
}
