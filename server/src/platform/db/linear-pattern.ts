import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

const require = createRequire(import.meta.url);
const KEPT = 100;
const compiled = new Map<string, RE2JS>();

/**
 * Regular expressions of users, in RE2's syntax: the time of a match grows with the length of the text and never
 * explodes, which JavaScript's own do not promise. The engine is loaded by the first that is used.
 * @throws SyntaxError for what is no pattern, and for look-around and back-references, which no such engine has
 */
export function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  const engine = (require('re2js') as typeof import('re2js')).RE2JS;
  let made: RE2JS;
  try {
    made = engine.compile(pattern);
  } catch (error) {
    throw new SyntaxError((error as Error).message, { cause: error });
  }
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

/** For SQLite, which has no regular expressions: 1 when the pattern is somewhere in the text; null stays null. */
export function linearMatch(text: unknown, pattern: unknown): 0 | 1 | null {
  if (typeof text !== 'string' || typeof pattern !== 'string') return null;
  return compilePattern(pattern).matcher(text).find() ? 1 : 0;
}
