import { openThread, type ThreadOptions } from './open-thread.ts';
import type { TableFile } from './table-file.ts';
import type { CellValue } from './table-profile.ts';

export interface ReadOptions extends ThreadOptions {
  /** In this order; absent: all, as the files have them. */
  readonly columns?: readonly string[];
  /** Rows in all batches but the last; default 2048. */
  readonly batchRows?: number;
}

export interface RowBatch {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
}

/**
 * All rows of the files in their order, in constant memory: the thread that reads waits for who takes them. NaN is a
 * number, times are ISO 8601 in UTC with milliseconds, an integer beyond 2^53 is text, what is nested is JSON.
 * @throws PARQUET_UNREADABLE, PARQUET_COLUMN_MISSING, PARQUET_TIME_LIMIT, PARQUET_OUT_OF_MEMORY, PARQUET_CRASHED, or the signal's reason
 */
export async function* readRows(files: readonly TableFile[], options: ReadOptions): AsyncGenerator<RowBatch> {
  const { columns = null, batchRows = 2048 } = options;
  if (files.length === 0) return;
  await using thread = await openThread({ kind: 'read', columns, batchRows }, { files, options });
  for (;;) {
    const message = await thread.next();
    if (message.kind !== 'rows') return;
    yield message as { readonly kind: 'rows' } & RowBatch;
    options.signal?.throwIfAborted();
    thread.post({ kind: 'more' });
  }
}
