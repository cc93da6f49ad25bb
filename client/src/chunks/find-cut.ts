import { gearTable } from './gear.ts';

/** No cut before this many bytes of a chunk. */
export const MIN_CHUNK = 16 * 1024;
/** Up to here a cut needs 18 zero bits, from here on 14: sizes gather around it (normalised chunking). */
export const NORMAL_CHUNK = 64 * 1024;
/** A chunk ends here if nothing ended it before; smaller files are one chunk. */
export const MAX_CHUNK = 256 * 1024;

const WINDOW = 32;
const STRICT = 0xffffc000 | 0;
const LOOSE = 0xfffc0000 | 0;
const GEAR = gearTable();

/**
 * FastCDC (Xia et al. 2016) with a 32-bit gear hash: where the chunk that starts at `start` ends.
 * `end` is the end of what may be looked at: the end of the file, or at least `start + MAX_CHUNK`.
 *
 * The hash is warmed up on the 32 bytes before the first place that may be cut, so that a cut
 * depends on nothing but the bytes before it.
 */
export function findCut(bytes: Uint8Array, start: number, end: number): number {
  if (end - start <= MIN_CHUNK) return end;
  const last = Math.min(end, start + MAX_CHUNK);
  const normal = Math.min(last, start + NORMAL_CHUNK);
  let at = start + MIN_CHUNK - WINDOW;
  let hash = 0;
  for (const first = start + MIN_CHUNK; at < first; at++) {
    hash = ((hash << 1) + (GEAR[bytes[at] as number] as number)) | 0;
  }
  for (; at < normal; at++) {
    hash = ((hash << 1) + (GEAR[bytes[at] as number] as number)) | 0;
    if ((hash & STRICT) === 0) return at + 1;
  }
  for (; at < last; at++) {
    hash = ((hash << 1) + (GEAR[bytes[at] as number] as number)) | 0;
    if ((hash & LOOSE) === 0) return at + 1;
  }
  return last;
}

/** The lengths of all chunks of one file that is in memory. An empty file has none. */
export function chunkLengths(file: Uint8Array): number[] {
  if (file.length === 0) return [];
  if (file.length < MAX_CHUNK) return [file.length];
  const lengths: number[] = [];
  for (let start = 0; start < file.length; ) {
    const cut = findCut(file, start, file.length);
    lengths.push(cut - start);
    start = cut;
  }
  return lengths;
}
