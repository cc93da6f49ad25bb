import type { Value } from '../../../engines/values.ts';
import { serveErrors } from '../errors.ts';
import type { GivenInput } from './adapt-input.ts';
import { columnOf } from './declared-columns.ts';

/** With it a caller says what a request is about, where the key is no column of its input. */
export const KEY_HEADER = 'bucle-key';
const KEY_LENGTH = 500;

export interface RequestKeys {
  /** Of the first row. */
  readonly key: string | null;
  /** One per row, when the key is a column. */
  readonly keys: readonly (string | null)[] | null;
}

/** What a request is about: the endpoint's key column, else the header `Bucle-Key`. @throws SERVE_REQUEST_INVALID */
export function keysOf(
  declared: string | null,
  { input, header }: { readonly input: GivenInput; readonly header: (name: string) => string | undefined },
): RequestKeys {
  const values = declared === null ? null : columnOf(input, declared);
  if (values !== null) {
    const keys = values.map(keyText);
    return { key: keys[0] ?? null, keys };
  }
  const text = header(KEY_HEADER) ?? '';
  if (text.length > KEY_LENGTH) {
    throw serveErrors.REQUEST_INVALID({ problem: `The header Bucle-Key may have ${KEY_LENGTH} characters.` });
  }
  return { key: text === '' ? null : text, keys: null };
}

/** A key as text, so that it is the same wherever it comes from; null when it is missing. */
export function keyText(value: Value): string | null {
  if (value === null || (typeof value === 'number' && Number.isNaN(value)) || value === '') return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
