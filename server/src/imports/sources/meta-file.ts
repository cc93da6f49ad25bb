import { isMap, isScalar, parseDocument } from 'yaml';
import { readSmall } from './folder-files.ts';

/** A scalar as its text; null for `null`, `~` and nothing; a map of scalars, one level deep. */
export interface Meta {
  text(key: string): string | null;
  map(key: string): readonly { readonly key: string; readonly value: string }[];
}

/**
 * A `meta.yaml`. Plain scalars stay the text that they are: a digest such as `1e5` is no number, and an id may be
 * beyond 2^53. @throws with a reason when it is too large, or no YAML
 */
export async function readMeta(path: string): Promise<Meta> {
  const document = parseDocument(await readSmall(path), { schema: 'failsafe', logLevel: 'silent', merge: false });
  const [error] = document.errors;
  if (error) throw new Error(`it is not YAML: ${error.message.split('\n')[0]}`);
  const root = document.contents;
  if (!isMap(root)) throw new Error('it is no map of names to values');
  return {
    text: (key) => scalar(root.get(key, true)),
    map(key) {
      const found = root.get(key, true);
      if (!isMap(found)) return [];
      return found.items.map((pair) => ({ key: scalar(pair.key) ?? '', value: scalar(pair.value) ?? '' }));
    },
  };
}

/** Nothing is followed: an alias is no scalar. */
function scalar(node: unknown): string | null {
  if (!isScalar(node)) return null;
  const text = String(node.value ?? '');
  const isNone = node.type === 'PLAIN' && (text === '' || text === '~' || /^null$/i.test(text));
  return isNone ? null : text;
}
