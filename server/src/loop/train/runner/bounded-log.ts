import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

export interface LogBounds {
  readonly headBytes: number;
  readonly tailBytes: number;
}

/**
 * Output of a command, appended as it comes. Beyond the bound only the end is kept, and put below a line that
 * says how much is missing. A full disk loses output, never the command.
 */
export class BoundedLog implements Disposable {
  readonly #fd: number;
  readonly #headBytes: number;
  /** The last bytes beyond the head, as a ring. */
  readonly #ring: Buffer;
  #head: number;
  #beyond = 0;
  #unwritten = 0;

  /** Appends to the log at `path`, which holds `size` bytes already. */
  constructor(path: string, { headBytes, tailBytes }: LogBounds, size = 0) {
    this.#fd = openSync(path, 'a', 0o600);
    this.#headBytes = headBytes;
    this.#ring = Buffer.allocUnsafe(tailBytes);
    this.#head = size;
  }

  write(chunk: Buffer): void {
    const room = Math.max(0, this.#headBytes - this.#head);
    this.#append(chunk.subarray(0, room));
    this.#keep(chunk.subarray(room));
  }

  /** A line of ours, between those of the command. */
  note(line: string): void {
    this.write(Buffer.from(`bucle: ${line}\n`));
  }

  /** Puts the kept end below the start; what comes later is kept anew. */
  flush(): void {
    const ring = this.#ring;
    const dropped = Math.max(0, this.#beyond - ring.length);
    if (dropped > 0) this.#append(Buffer.from(`\nbucle: ${dropped} bytes of output are left out here\n`));
    const at = this.#beyond % ring.length;
    if (dropped > 0) this.#append(ring.subarray(at));
    this.#append(ring.subarray(0, at === 0 && this.#beyond > 0 && dropped === 0 ? ring.length : at));
    this.#beyond = 0;
  }

  [Symbol.dispose](): void {
    this.flush();
    if (this.#unwritten > 0) {
      this.#append(
        Buffer.from(`\nbucle: ${this.#unwritten} bytes of output could not be written: the disk was full\n`),
      );
    }
    try {
      fsyncSync(this.#fd);
    } catch {
      // A full disk: what could be written is there.
    }
    closeSync(this.#fd);
  }

  #append(chunk: Buffer): void {
    this.#head += chunk.length;
    let at = 0;
    try {
      while (at < chunk.length) at += writeSync(this.#fd, chunk, at);
    } catch {
      this.#unwritten += chunk.length - at;
    }
  }

  #keep(chunk: Buffer): void {
    const ring = this.#ring;
    const kept = chunk.subarray(Math.max(0, chunk.length - ring.length));
    const start = (this.#beyond + chunk.length - kept.length) % ring.length;
    const first = kept.copy(ring, start);
    kept.copy(ring, 0, first);
    this.#beyond += chunk.length;
  }
}
