import { openThread, type ThreadOptions } from './open-thread.ts';
import type { TableFile } from './table-file.ts';
import type { TableProfiles } from './table-profile.ts';
import type { FromThread } from './thread-messages.ts';

export type ProfileOptions = ThreadOptions;

/**
 * Schema and exact statistics of every table among the files, computed by DuckDB in a thread that can read
 * nothing else. A file that is no table is named under `unreadable`; the rest is still profiled.
 * @throws PARQUET_TIME_LIMIT, PARQUET_OUT_OF_MEMORY, PARQUET_CRASHED, or the signal's reason
 */
export async function profileTables(files: readonly TableFile[], options: ProfileOptions): Promise<TableProfiles> {
  await using thread = await openThread({ kind: 'profile' }, { files, options });
  return answerOf(await thread.next()) as TableProfiles;
}

/** What a thread says that answers once. */
export function answerOf(message: FromThread): unknown {
  if (message.kind !== 'answer') throw new Error(`The thread said ${message.kind} instead of its answer.`);
  return message.answer;
}
