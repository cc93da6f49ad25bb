/** Longest path, and longest name between two slashes, in bytes of UTF-8: what Linux and macOS can write. */
export const MAX_PATH_BYTES = 1024;
const MAX_NAME_BYTES = 255;

/** Why this is no path for a manifest, or null. Paths are relative, with `/`, without tricks. */
export function pathProblem(path: string): string | null {
  if (path.length === 0) return 'is empty';
  if (path.length > MAX_PATH_BYTES || utf8Length(path) > MAX_PATH_BYTES)
    return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith('/')) return 'is absolute';
  if (!path.isWellFormed()) return 'is no valid Unicode';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'contains a control character';
  for (const name of path.split('/')) {
    if (name === '') return 'contains an empty name';
    if (name === '.' || name === '..') return `contains "${name}"`;
    if (utf8Length(name) > MAX_NAME_BYTES) return `contains a name longer than ${MAX_NAME_BYTES} bytes`;
  }
  return null;
}

/** The order of manifest v1: by the bytes of UTF-8 (JavaScript's own order differs beyond U+FFFF). */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above every other unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

const encoder = new TextEncoder();
