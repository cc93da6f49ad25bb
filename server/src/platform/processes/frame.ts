/** Larger frames are an attack or a defect. */
export const MAX_FRAME_BYTES = 256 * 1024 * 1024;
const HEADER = 4;

/** A 4-byte little-endian length, then JSON; `null` when it would be too large. */
export function frame(message: unknown): Buffer | null {
  const body = Buffer.from(JSON.stringify(message));
  if (body.length > MAX_FRAME_BYTES) return null;
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(body.length);
  return Buffer.concat([header, body]);
}

/** Puts frames together from pieces of any size; each byte is copied at most twice. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #needed = HEADER;

  /** The messages that are whole now. @throws when the bytes are no frames */
  *read(chunk: Buffer): Generator<unknown> {
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    const rest = yield* this.#take(Buffer.concat(this.#pieces));
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
  }

  *#take(whole: Buffer): Generator<unknown, Buffer> {
    let at = 0;
    this.#needed = HEADER;
    while (whole.length - at >= HEADER) {
      const length = whole.readUInt32LE(at);
      if (length > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes`);
      this.#needed = HEADER + length;
      if (whole.length - at < this.#needed) break;
      yield JSON.parse(whole.toString('utf8', at + HEADER, at + this.#needed));
      at += this.#needed;
      this.#needed = HEADER;
    }
    return whole.subarray(at);
  }
}
