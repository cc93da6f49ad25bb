import { UsageError } from './command.ts';
import type { Pair } from './mlflow.ts';

export interface TagChange {
  readonly set: readonly Required<Pair>[];
  readonly remove: readonly string[];
}

export const removeTagOption = {
  type: 'string',
  value: 'KEY',
  multiple: true,
  meaning: 'Remove this tag; may be repeated.',
} as const;

/** `KEY=VALUE` words and `--remove KEY`. @throws UsageError */
export function parseTagWords(words: readonly string[], remove: readonly string[] = []): TagChange {
  const set = words.map((word) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined || value === undefined) {
      throw new UsageError(`${JSON.stringify(word)} is no tag: write KEY=VALUE, or --remove KEY.`);
    }
    return { key, value };
  });
  if (set.length + remove.length === 0) throw new UsageError('Name at least one tag: KEY=VALUE, or --remove KEY.');
  return { set, remove };
}

/** What was changed, as JSON has it. */
export function tagsAsJson({ set, remove }: TagChange) {
  return { tags: Object.fromEntries(set.map(({ key, value }) => [key, value])), removed: remove };
}

/** `owner=ana, -draft`. */
export function describeTags({ set, remove }: TagChange): string {
  return [...set.map(({ key, value }) => `${key}=${value}`), ...remove.map((key) => `-${key}`)].join(', ');
}
