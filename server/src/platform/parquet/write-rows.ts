import { rename, rm, stat } from 'node:fs/promises';
import { openThread, type TableThread, type ThreadOptions } from './open-thread.ts';
import { answerOf } from './profile-tables.ts';
import { BATCHES_UNDER_WAY, type FromThread } from './thread-messages.ts';
import type { WrittenColumn } from './written-column.ts';

export interface WriteOptions extends ThreadOptions {
  /** Absolute; appears, or is replaced, when all rows are in it. */
  readonly file: string;
  readonly columns: readonly WrittenColumn[];
}

type Batch = readonly (readonly unknown[])[];

/**
 * A Parquet file (zstd) with these rows in their order; the same rows give the same bytes, however they are cut into
 * batches. Times are given in milliseconds or as ISO 8601 text, dates also as text; a whole number beyond 2^53 as text;
 * NaN and the infinities also as words. Constant memory.
 * @throws PARQUET_VALUE_REFUSED, PARQUET_TIME_LIMIT, PARQUET_OUT_OF_MEMORY, PARQUET_CRASHED, what `batches` throws, or the signal's reason
 */
export async function writeRows(
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  options: WriteOptions,
): Promise<{ rows: number; bytes: number }> {
  const { file, columns } = options;
  const part = `${file}.part`;
  const files = [{ path: part, name: file, format: 'parquet' as const }];
  try {
    await using thread = await openThread({ kind: 'write', file: part, columns }, { files, options });
    const { rows } = answerOf(await sendBatches(thread, batches)) as { rows: number };
    await rename(part, file);
    return { rows, bytes: (await stat(file)).size };
  } finally {
    await rm(part, { force: true });
  }
}

async function sendBatches(thread: TableThread, batches: AsyncIterable<Batch> | Iterable<Batch>): Promise<FromThread> {
  let free = BATCHES_UNDER_WAY;
  for await (const rows of batches) {
    if (free === 0) {
      await thread.next();
      free += 1;
    }
    thread.post({ kind: 'rows', rows });
    free -= 1;
  }
  thread.post({ kind: 'end' });
  for (;;) {
    const message = await thread.next();
    if (message.kind !== 'more') return message;
  }
}
