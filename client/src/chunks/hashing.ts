import { createSha256, type IncrementalHash } from './sha256.ts';

/** How to compute SHA-256 here: Node passes node:crypto, a browser uses {@link webHashing}. */
export interface Hashing {
  /** Lower-case hex of one chunk. */
  digest(bytes: Uint8Array): string | Promise<string>;
  /** For whole files, piece by piece. */
  start(): IncrementalHash;
}

/** WebCrypto for chunks (off the main thread), plain TypeScript for whole files. */
export const webHashing: Hashing = {
  digest: async (bytes) => hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))),
  start: createSha256,
};

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
