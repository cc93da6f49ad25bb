import { openThread, type ThreadOptions } from './open-thread.ts';
import { answerOf } from './profile-tables.ts';
import type { DescribedColumn } from './source-sql.ts';
import type { TableFile } from './table-file.ts';

/**
 * Columns of the files taken together; `writtenType` tells with which type to write such a column.
 * @throws PARQUET_UNREADABLE, PARQUET_TIME_LIMIT, PARQUET_OUT_OF_MEMORY, PARQUET_CRASHED, or the signal's reason
 */
export async function describeColumns(files: readonly TableFile[], options: ThreadOptions): Promise<DescribedColumn[]> {
  await using thread = await openThread({ kind: 'describe' }, { files, options });
  return answerOf(await thread.next()) as DescribedColumn[];
}
