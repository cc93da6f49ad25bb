import { GetObjectCommand, PutObjectCommand, type S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { BlobUrls } from './blob-store.ts';

/** Presigned URLs of one object: whoever has one reaches the bucket without this server. */
export function s3Urls(client: S3Client, { bucket, key }: { readonly bucket: string; readonly key: string }): BlobUrls {
  const object = { Bucket: bucket, Key: key };
  return {
    get(seconds, disposition) {
      // Whatever it was uploaded as, it is no page of the bucket's origin.
      const as = { ResponseContentDisposition: disposition, ResponseContentType: 'application/octet-stream' };
      return getSignedUrl(client, new GetObjectCommand({ ...object, ...as }), { expiresIn: seconds });
    },
    put(seconds, type) {
      const command = new PutObjectCommand({ ...object, ContentType: type });
      return getSignedUrl(client, command, { expiresIn: seconds, signableHeaders: new Set(['content-type']) });
    },
    putPart(seconds, id, number) {
      const command = new UploadPartCommand({ ...object, UploadId: id, PartNumber: number });
      return getSignedUrl(client, command, { expiresIn: seconds });
    },
  };
}
