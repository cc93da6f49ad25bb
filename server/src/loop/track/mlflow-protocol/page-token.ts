import { createHash } from 'node:crypto';
import { invalidParameter } from './mlflow-error.ts';

/** Sort values of the last row of a page, in the order of the sort keys. */
export type KeysetValues = readonly (string | number | null)[];

/** A token for the page after the row with these values, of this query only; opaque to clients. */
export function encodePageToken(values: KeysetValues, query: unknown): string {
  return Buffer.from(JSON.stringify({ after: values, of: fingerprint(query) })).toString('base64url');
}

/**
 * `undefined` or '' is the first page (null).
 * @throws INVALID_PARAMETER_VALUE for a token that is damaged, or of another query
 */
export function decodePageToken(token: string | undefined, query: unknown): KeysetValues | null {
  if (token === undefined || token === '') return null;
  const decoded = Buffer.from(token, 'base64url').toString('utf8');
  const content = parse(decoded);
  if (content === null) throw invalidParameter(`Invalid page token, decoded value=${JSON.stringify(decoded)}`);
  if (content.of !== fingerprint(query)) {
    throw invalidParameter('Invalid page token: it belongs to a search with another filter, order or scope.');
  }
  return content.after;
}

/** Cuts what was found, one row more than a page holds, into the page and the token of the next one. */
export function cutPage<Row>(
  found: readonly { readonly row: Row; readonly position: KeysetValues }[],
  limit: number,
  query: unknown,
): { readonly rows: Row[]; readonly next_page_token: string | undefined } {
  const last = found.length > limit ? found[limit - 1] : undefined;
  return {
    rows: found.slice(0, limit).map(({ row }) => row),
    next_page_token: last && encodePageToken(last.position, query),
  };
}

/** @throws INVALID_PARAMETER_VALUE unless it is a positive integer up to `most` */
export function checkMaxResults(value: number, most: number): number {
  if (value <= 0) {
    throw invalidParameter(
      `Invalid value ${value} for parameter 'max_results' supplied. It must be a positive integer`,
    );
  }
  if (value > most) {
    throw invalidParameter(`Invalid value ${value} for parameter 'max_results' supplied. It must be at most ${most}`);
  }
  return value;
}

function parse(text: string): { after: KeysetValues; of: string } | null {
  try {
    const value = JSON.parse(text) as { after?: unknown; of?: unknown } | null;
    const scalar = (one: unknown) => one === null || typeof one === 'string' || typeof one === 'number';
    if (!Array.isArray(value?.after) || !value.after.every(scalar) || typeof value.of !== 'string') return null;
    return { after: value.after as KeysetValues, of: value.of };
  } catch {
    return null;
  }
}

function fingerprint(query: unknown): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 12);
}
