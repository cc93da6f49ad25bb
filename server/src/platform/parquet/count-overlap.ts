import type { Overlap } from './count-shared.ts';
import { openThread, type ThreadOptions } from './open-thread.ts';
import { answerOf } from './profile-tables.ts';
import type { TableFile } from './table-file.ts';

export interface OverlapOptions extends ThreadOptions {
  /** What makes two rows the same; both tables have them, perhaps in other types. */
  readonly columns: readonly string[];
}

/**
 * How many rows of `a` have values in `columns` that a row of `b` has too; null equals null.
 * @throws PARQUET_UNREADABLE, PARQUET_COLUMN_MISSING, PARQUET_TIME_LIMIT, PARQUET_OUT_OF_MEMORY, PARQUET_CRASHED, or the signal's reason
 */
export async function countOverlap(
  a: readonly TableFile[],
  b: readonly TableFile[],
  options: OverlapOptions,
): Promise<Overlap> {
  const task = { kind: 'overlap', a, b, columns: [...options.columns] } as const;
  await using thread = await openThread(task, { files: [...a, ...b], options });
  return answerOf(await thread.next()) as Overlap;
}
