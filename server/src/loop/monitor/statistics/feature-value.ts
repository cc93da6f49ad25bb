/** Longer categories are cut to this many UTF-16 units, hash included. */
const LONGEST_CATEGORY = 128;

/** A value of a numeric feature. `null`: missing (null, undefined, NaN); `undefined`: invalid (±Infinity, any other type). */
export function numberOf(value: unknown): number | null | undefined {
  if (isMissing(value)) return null;
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined;
  // JSON knows no -0.
  return number === 0 ? 0 : number;
}

/**
 * A value of a categorical feature as text; numbers and booleans by their usual text. `null`: missing (null, undefined, NaN);
 * `undefined`: invalid (±Infinity, lists, records). A text of more than 128 units is its beginning, `~` and a hash of all of it.
 */
export function categoryOf(value: unknown): string | null | undefined {
  if (isMissing(value)) return null;
  if (typeof value === 'string') return shortened(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return shortened(String(value));
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}

function shortened(text: string): string {
  // PostgreSQL keeps neither a zero character nor half a pair.
  const clean = text.toWellFormed().replaceAll('\0', '\uFFFD');
  if (clean.length <= LONGEST_CATEGORY) return clean;
  const hash = fnv1a(clean).toString(16).padStart(8, '0');
  const start = clean.slice(0, LONGEST_CATEGORY - hash.length - 1);
  return `${/[\uD800-\uDBFF]$/.test(start) ? start.slice(0, -1) : start}~${hash}`;
}

/** FNV-1a over UTF-16 units, 32 bits: tells long texts with one beginning apart, guards nothing. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
