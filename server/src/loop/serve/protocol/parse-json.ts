import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Value } from '../../../engines/values.ts';
import { serveErrors } from '../errors.ts';

/** Deeper structures are an attack or a defect. */
const MAX_DEPTH = 64;
/** Whole numbers that may lie beyond 2^53. */
const LONG_NUMBER = /[\d]{16}/;
/** More digits than any type has would only cost time: the more, the longer each. */
const WHOLE = /^-?\d{1,40}$/;
const WORDS = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY };

/**
 * JSON as callers of models send it: with the bare words NaN, Infinity and -Infinity, which Python's encoder
 * writes, and with whole numbers beyond 2^53, which stay whole. @throws SERVE_REQUEST_INVALID
 */
export function parseJson(body: Buffer): Value {
  if (!isUtf8(body)) throw invalid('the body is not UTF-8');
  const text = body.toString('utf8');
  let value: Value;
  try {
    value = parseText(text);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw invalid(`the body is not JSON (${(error as Error).message.split(',')[0]?.slice(0, 100)})`);
  }
  checkDepth(value, 0);
  return value;
}

function parseText(text: string): Value {
  const words = text.includes('NaN') || text.includes('Infinity');
  const numbers = LONG_NUMBER.test(text);
  if (!words && !numbers) return JSON.parse(text) as Value;
  // Nobody outside can know it, so that no text of a caller is taken for a number.
  const mark = `${randomBytes(12).toString('hex')}:`;
  return JSON.parse(words ? markWords(text, mark) : text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value === 'number' && numbers) return wholeNumber(value, context?.source);
    if (typeof value === 'string' && value.startsWith(mark)) {
      return WORDS[value.slice(mark.length) as keyof typeof WORDS];
    }
    return value;
  }) as Value;
}

function wholeNumber(value: number, source: string | undefined): number | bigint {
  if (Number.isSafeInteger(value) || source === undefined) return value;
  return WHOLE.test(source) ? BigInt(source) : value;
}

/** Puts the bare words into quotes, behind the mark; what is quoted already stays. */
function markWords(text: string, mark: string): string {
  const pieces: string[] = [];
  const interesting = /"|-?Infinity|NaN/g;
  let done = 0;
  for (let found = interesting.exec(text); found !== null; found = interesting.exec(text)) {
    if (found[0] === '"') {
      interesting.lastIndex = endOfString(text, found.index + 1);
    } else {
      pieces.push(text.slice(done, found.index), `"${mark}${found[0]}"`);
      done = interesting.lastIndex;
    }
  }
  pieces.push(text.slice(done));
  return pieces.join('');
}

/** Behind the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function checkDepth(value: Value, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) throw tooDeep();
  const parts = Array.isArray(value) ? (value as readonly Value[]) : Object.values(value);
  for (const part of parts) if (typeof part === 'object' && part !== null) checkDepth(part, depth + 1);
}

function tooDeep() {
  return invalid(`it is nested more than ${MAX_DEPTH} deep`);
}

function invalid(problem: string) {
  return serveErrors.REQUEST_INVALID({ problem: `The request cannot be read: ${problem}.` });
}
