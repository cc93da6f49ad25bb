import { S3ServiceException } from '@aws-sdk/client-s3';
import { blobErrors } from './blob-store.ts';

export function bare(etag: string): string {
  return etag.replaceAll('"', '');
}

/** Null for a 404, otherwise BLOB_STORE_FAILED. */
export function absent(operation: string): (error: unknown) => null {
  return (error) => {
    if (statusOf(error) === 404) return null;
    throw storeFailed(operation, error);
  };
}

export function refused(operation: string): (error: unknown) => never {
  return (error) => {
    throw storeFailed(operation, error);
  };
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

export function storeFailed(operation: string, error: unknown) {
  const { name, message } = error as Error;
  return blobErrors.STORE_FAILED({ operation, reason: `${name}: ${message}` }, { cause: error });
}
