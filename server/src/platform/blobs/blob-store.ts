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

export interface PutOptions {
  /** Whether to say the hash of what was stored: it costs about as much as the storing. */
  readonly hash?: boolean;
}

export interface StoredBlob {
  readonly size: number;
  /** Lower-case hex of the bytes that were stored; null when nobody asked for it. */
  readonly sha256: string | null;
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
  put(key: string, body: Readable | Uint8Array, options?: PutOptions): Promise<StoredBlob>;
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
  /** Blobs that arrive in parts. */
  readonly parts: PartUploads;
  /** How others reach a blob without this server; null where they can't. */
  urls(key: string): BlobUrls | null;
}

export interface PartUpload {
  readonly key: string;
  readonly id: string;
}

export interface Part {
  /** From 1; the blob is its parts in this order. */
  readonly number: number;
  readonly etag: string;
}

/**
 * A blob in parts, which may arrive in any order, at once, and again: the last of a number counts. Until `finish`
 * nothing of it can be read. What nobody finished goes after a day without a new part.
 */
export interface PartUploads {
  /** Its id; no key in it. */
  begin(key: string): Promise<string>;
  /** Its etag. @param size bytes that will come @throws BLOB_UPLOAD_NOT_FOUND */
  put(upload: PartUpload, number: number, body: Readable, size: number): Promise<string>;
  /** Replaces what was there; again is fine. @throws BLOB_UPLOAD_NOT_FOUND, BLOB_PART_MISSING */
  finish(upload: PartUpload, parts: readonly Part[]): Promise<void>;
  /** Forgets what came; again is fine. */
  abort(upload: PartUpload): Promise<void>;
}

/** Signed URLs of one blob: each is good for one method and one part, for so many seconds. */
export interface BlobUrls {
  /** @param disposition the Content-Disposition that it is answered with */
  get(seconds: number, disposition: string): Promise<string>;
  /** @param type the Content-Type that must come with it */
  put(seconds: number, type: string): Promise<string>;
  /** @param id of an upload in parts */
  putPart(seconds: number, id: string, number: number): Promise<string>;
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
  UPLOAD_NOT_FOUND: {
    status: 404,
    message: 'There is no upload {id} of {key}: it was finished or aborted, or got no part for a day.',
    next: 'Begin a new one.',
  },
  PART_MISSING: {
    status: 400,
    message: 'The part {number} of {key} is not what the store has: {reason}.',
    next: 'Send that part again, then complete the upload with the ETag of the answer.',
  },
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
