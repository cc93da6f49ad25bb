import { crc32 } from 'node:zlib';

/** Length and CRC-32 of the text, each eight hex digits and a space. */
const HEADER = 18;
const DIGITS = /^[0-9a-f]{8} [0-9a-f]{8} $/;
/** A header that claims more is not one of ours. */
export const MAX_TEXT_BYTES = 128 * 1024 * 1024;

/** One line of a log: what was torn, or never written, is told from what is whole. The text has no line feed. @throws RangeError */
export function frameLine(text: string): Buffer {
  const length = Buffer.byteLength(text);
  if (length > MAX_TEXT_BYTES) throw new RangeError(`a record of ${length} bytes; ${MAX_TEXT_BYTES} are allowed`);
  const line = Buffer.allocUnsafe(HEADER + length + 1);
  line.write(text, HEADER, 'utf8');
  const body = line.subarray(HEADER, HEADER + length);
  line.write(`${hex(length)} ${hex(crc32(body))} `, 0, 'latin1');
  line[HEADER + length] = 0x0a;
  return line;
}

/** Where the text of the line at `at` lies, and where the next line begins. */
export interface FramedLine {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

/** The line at `at`; null when it is not whole. */
export function readLine(bytes: Buffer, at: number): FramedLine | null {
  const needed = lineLength(bytes, at);
  if (needed === null || at + needed > bytes.length) return null;
  const [start, end] = [at + HEADER, at + needed - 1];
  const crc = Number.parseInt(bytes.toString('latin1', at + 9, at + 17), 16);
  if (bytes[end] !== 0x0a || crc32(bytes.subarray(start, end)) !== crc) return null;
  return { start, end, next: end + 1 };
}

/** Bytes that the line at `at` claims to have; null when no line begins there. */
export function lineLength(bytes: Buffer, at: number): number | null {
  if (at + HEADER > bytes.length) return null;
  const header = bytes.toString('latin1', at, at + HEADER);
  if (!DIGITS.test(header)) return null;
  const length = Number.parseInt(header.slice(0, 8), 16);
  return length > MAX_TEXT_BYTES ? null : HEADER + length + 1;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
