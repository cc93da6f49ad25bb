import type { parquetErrors } from './errors.ts';
import type { SandboxOptions } from './sandbox.ts';
import type { TableFile } from './table-file.ts';
import type { WrittenColumn } from './written-column.ts';

/** What the thread is started for. */
export type Task =
  | { readonly kind: 'profile' }
  | { readonly kind: 'describe' }
  | {
      readonly kind: 'overlap';
      readonly a: readonly TableFile[];
      readonly b: readonly TableFile[];
      columns: readonly string[];
    }
  | { readonly kind: 'read'; readonly columns: readonly string[] | null; readonly batchRows: number }
  | { readonly kind: 'write'; readonly file: string; readonly columns: readonly WrittenColumn[] };

export interface ThreadData extends SandboxOptions {
  readonly task: Task;
}

export type ToThread =
  /** Ends whatever is computed now. */
  | { readonly kind: 'interrupt' }
  /** The reader took a batch: another one may come. */
  | { readonly kind: 'more' }
  | { readonly kind: 'rows'; readonly rows: readonly (readonly unknown[])[] }
  | { readonly kind: 'end' };

export type FromThread =
  /** The last message of a thread that did its task. */
  | { readonly kind: 'answer'; readonly answer: unknown }
  /** The last message of one that did not. */
  | { readonly kind: 'failure'; readonly reason: string }
  | { readonly kind: 'refusal'; readonly error: Exclude<keyof typeof parquetErrors, 'specs'>; details: Details }
  | { readonly kind: 'rows'; readonly columns: string[]; readonly rows: unknown[][] }
  /** The writer took a batch: another one may come. */
  | { readonly kind: 'more' };

type Details = Readonly<Record<string, string | number>>;

/** How many batches may be under way between two threads. */
export const BATCHES_UNDER_WAY = 2;
