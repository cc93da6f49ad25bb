import type { Readable } from 'node:stream';
import { defineErrors } from '../errors.ts';

export interface BlobInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Changes whenever the content does. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface ByteRange {
  /** First byte, from 0. */
  readonly start: number;
  /** Last byte, included. */
  readonly end: number;
}

export interface StoredBlob {
  readonly size: number;
  /** Lower-case hex of the bytes that were stored. */
  readonly sha256: string;
}

export interface ListedEntry {
  /** Name below the prefix, without slashes. */
  readonly name: string;
  readonly isDirectory: boolean;
  readonly size: number;
}

/**
 * Named immutable-at-a-time byte strings. A key is a relative path with `/`; what `put`
 * acknowledged is durable, and a reader sees the old or the new content, never a mixture.
 */
export interface BlobStore {
  /** Streams with constant memory; replaces what was there. */
  put(key: string, body: Readable | Uint8Array): Promise<StoredBlob>;
  /** `null` when there is none. */
  head(key: string): Promise<BlobInfo | null>;
  /** `null` when there is none. */
  get(key: string, range?: ByteRange): Promise<{ readonly info: BlobInfo; readonly body: Readable } | null>;
  /** One level of a "folder", sorted by name; a key that is a file, or nothing, lists nothing. */
  list(prefix: string): Promise<ListedEntry[]>;
  /** Every blob below a "folder", in order of their keys. */
  walk(prefix: string): AsyncIterable<BlobInfo>;
  /** Deletes a blob and everything below it; nothing there is fine. */
  delete(key: string): Promise<void>;
}

export const blobErrors = defineErrors('BLOB', {
  INVALID_KEY: {
    status: 400,
    message: 'The path {key} is not allowed: it must be relative, without empty parts, "." or "..".',
  },
  NO_SPACE: {
    status: 507,
    message: 'The disk that holds the blobs is full.',
    next: 'Free some space and send it again; nothing half-written was kept.',
    retryable: true,
  },
  STORE_FAILED: { status: 503, message: 'The blob store refused {operation}: {reason}.', retryable: true },
});

const MAX_KEY_BYTES = 1_000;

/** Refuses a key that could leave its root or that some file system can't hold. @throws BLOB_INVALID_KEY */
export function checkKey(key: string): string {
  const parts = key.split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..' || Buffer.byteLength(part) > 255);
  if (bad || key.includes('\0') || Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw blobErrors.INVALID_KEY({ key: key.slice(0, 200) });
  }
  return key;
}
