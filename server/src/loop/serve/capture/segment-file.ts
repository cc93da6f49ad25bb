import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lineLength, readLine } from './framed-line.ts';

/** One file of the log, named by the offset of its first capture. */
export interface Segment {
  readonly path: string;
  /** Offset of the first capture. */
  readonly first: number;
  /** Offset after the last one. */
  next: number;
  /** What of the file is whole. */
  bytes: number;
}

const NAME = /^(\d{16})\.captures$/;

export function segmentPath(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(16, '0')}.captures`);
}

/** A whole line, without its frame but with its line feed, and where the next one begins. */
export interface WholeLine {
  readonly text: Buffer;
  readonly end: number;
}

/** Oldest first. Where a segment ends is what the next one says; the last is read, and what is torn in it is left out. */
export async function listSegments(folder: string): Promise<{ segments: Segment[]; torn: number }> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  const firsts = names.map((name) => Number(NAME.exec(name)?.[1]));
  const segments: Segment[] = [];
  let torn = 0;
  for (const [index, first] of firsts.entries()) {
    const path = segmentPath(folder, first);
    const following = firsts[index + 1];
    if (following !== undefined) segments.push({ path, first, next: following, bytes: (await stat(path)).size });
    else {
      const bytes = await readFile(path);
      const lines = wholeLines(bytes);
      const end = endOf(lines);
      segments.push({ path, first, next: first + lines.length, bytes: end });
      torn = bytes.length - end;
    }
  }
  return { segments, torn };
}

/** The lines from the start of `bytes` up to the first that is not whole. */
export function wholeLines(bytes: Buffer, limit = Number.POSITIVE_INFINITY): WholeLine[] {
  const lines: WholeLine[] = [];
  for (let line = readLine(bytes, 0); line && lines.length < limit; line = readLine(bytes, line.next)) {
    lines.push({ text: bytes.subarray(line.start, line.next), end: line.next });
  }
  return lines;
}

/** Where the line after these begins. */
export function endOf(lines: readonly WholeLine[]): number {
  return lines.at(-1)?.end ?? 0;
}

/** At most `limit` whole lines from byte `at`, about `maxBytes` of them but at least one when there is one. */
export async function readLines(
  path: string,
  at: number,
  { limit, maxBytes }: { limit: number; maxBytes: number },
): Promise<WholeLine[]> {
  await using file = await open(path, 'r');
  const bytes = await readAt(file, at, maxBytes);
  const needed = lineLength(bytes, 0) ?? 0;
  return wholeLines(needed > bytes.length ? await readAt(file, at, needed) : bytes, limit);
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
