import { type Field, invalidValue } from '../mlflow-protocol/index.ts';
import type { Pair } from '../workspace.ts';
import { keepable } from './span.ts';

/** A text of a user's program: what the database does not keep is replaced, for tracing must not break programs. */
export function looseText(): Field<string | undefined> {
  return {
    aliases: [],
    read(value, { path }) {
      if (value == null) return undefined;
      if (typeof value !== 'string') throw invalidValue(value, path);
      return keepable(value);
    },
  };
}

/** Any JSON; `undefined` only where there is none. */
export function anything(): Field<unknown> {
  return { aliases: [], read: (value) => value };
}

/** A map of texts, as pairs; numbers and truths become texts. Absent: the empty list. */
export function textMap(): Field<Pair[]> {
  return {
    aliases: [],
    read(value, { path }) {
      if (value == null) return [];
      if (typeof value !== 'object' || Array.isArray(value)) throw invalidValue(value, path);
      return Object.entries(value).map(([key, one]: [string, unknown]) => {
        if (typeof one === 'object' || one === undefined) throw invalidValue(one, `${path}.${key}`);
        return { key: keepable(key), value: keepable(String(one)) };
      });
    },
  };
}

/** Names of fields, snake_case: `a,bC`, or `{"paths": ["a"]}`. */
export function fieldMask(): Field<string[] | undefined> {
  return {
    aliases: [],
    read(value, { path }) {
      if (value == null) return undefined;
      const paths: unknown = typeof value === 'string' ? value.split(',') : (value as { paths?: unknown }).paths;
      if (!Array.isArray(paths) || !paths.every((one) => typeof one === 'string')) throw invalidValue(value, path);
      return paths.map((one: string) => one.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    },
  };
}
