import { findCut, MAX_CHUNK } from './find-cut.ts';

/**
 * Cuts one file that arrives in pieces of any size, in constant memory: at most
 * `4 × MAX_CHUNK` are held. Yields the same chunks as `chunkLengths` of the whole file;
 * each is a copy of its own, so the source may reuse its buffers.
 */
export async function* chunkStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CAPACITY);
  let length = 0;
  let cutting = false;
  for await (const piece of source) {
    for (let from = 0; from < piece.length; ) {
      const taken = piece.subarray(from, from + CAPACITY - length);
      buffer.set(taken, length);
      length += taken.length;
      from += taken.length;
      if (length < CAPACITY) continue;
      cutting = true;
      let start = 0;
      while (length - start >= MAX_CHUNK) {
        const cut = findCut(buffer, start, length);
        yield buffer.slice(start, cut);
        start = cut;
      }
      buffer.copyWithin(0, start, length);
      length -= start;
    }
  }
  yield* lastChunks(buffer.subarray(0, length), cutting || length >= MAX_CHUNK);
}

const CAPACITY = 4 * MAX_CHUNK;

function* lastChunks(rest: Uint8Array, cutting: boolean): Generator<Uint8Array> {
  for (let start = 0; start < rest.length; ) {
    const cut = cutting ? findCut(rest, start, rest.length) : rest.length;
    yield rest.slice(start, cut);
    start = cut;
  }
}
