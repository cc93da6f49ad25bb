import { closeSync, fdatasync, ftruncateSync, openSync, type writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Segment, segmentPath } from './segment-file.ts';

/** `writeSync`, which a test replaces by a disk that is full. */
export type Write = (
  ...args: [fd: number, bytes: Uint8Array, offset: number, length: number]
) => ReturnType<typeof writeSync>;

const flush = promisify(fdatasync);

/** Appends to the last of the segments, and begins a new one when that is full. */
export class SegmentWriter {
  readonly #folder: string;
  readonly #segments: Segment[];
  readonly #segmentBytes: number;
  readonly #write: Write;
  #fd: number;
  /** Full ones that may not be on disk yet. */
  #sealed: number[] = [];
  #newNames = true;
  /** The file may hold part of a line after what is whole. */
  #torn = false;
  #mustRotate = false;

  /** `segments` holds at least one; it is this writer that adds to it. */
  constructor(folder: string, segments: Segment[], { segmentBytes, write }: { segmentBytes: number; write: Write }) {
    this.#folder = folder;
    this.#segments = segments;
    this.#segmentBytes = segmentBytes;
    this.#write = write;
    this.#fd = openSync(this.#active.path, 'a');
    ftruncateSync(this.#fd, this.#active.bytes);
  }

  /** Offset of the next line. */
  get next(): number {
    return this.#active.next;
  }

  /** @throws the error of the file system; then nothing of the line stays */
  append(line: Buffer): void {
    if (this.#torn) this.#cut();
    const { bytes } = this.#active;
    if (this.#mustRotate || (bytes > 0 && bytes + line.length > this.#segmentBytes)) this.#rotate();
    this.#writeWhole(line);
    this.#active.bytes += line.length;
    this.#active.next += 1;
  }

  /** Resolves to the offset up to which everything is on disk. Not to be called again before. */
  async sync(): Promise<number> {
    const upTo = this.next;
    const sealed = this.#sealed;
    this.#sealed = [];
    try {
      for (const fd of [...sealed, this.#fd]) await flush(fd);
      if (this.#newNames) await this.#syncFolder();
    } catch (error) {
      // What the disk refused once is not tried again: it is delivered from memory, and nothing is written behind it.
      this.#mustRotate = true;
      throw error;
    } finally {
      for (const fd of sealed) closeSync(fd);
    }
    return upTo;
  }

  close(): void {
    for (const fd of [...this.#sealed, this.#fd]) closeSync(fd);
    this.#sealed = [];
  }

  get #active(): Segment {
    const active = this.#segments.at(-1);
    if (!active) throw new Error('The log has no segment to write to.');
    return active;
  }

  #writeWhole(line: Buffer): void {
    try {
      for (let at = 0; at < line.length; ) at += this.#write(this.#fd, line, at, line.length - at);
    } catch (error) {
      this.#torn = true;
      this.#cut();
      throw error;
    }
  }

  #cut(): void {
    ftruncateSync(this.#fd, this.#active.bytes);
    this.#torn = false;
  }

  #rotate(): void {
    if (this.#active.next === this.#active.first) return;
    const first = this.next;
    const path = segmentPath(this.#folder, first);
    const fd = openSync(path, 'ax', 0o600);
    this.#sealed.push(this.#fd);
    this.#fd = fd;
    this.#newNames = true;
    this.#mustRotate = false;
    this.#segments.push({ path, first, next: first, bytes: 0 });
  }

  async #syncFolder(): Promise<void> {
    this.#newNames = false;
    await using folder = await open(this.#folder, 'r');
    await folder.sync();
  }
}
