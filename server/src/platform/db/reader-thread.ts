import { parentPort, workerData } from 'node:worker_threads';
import { SqliteConnection } from './sqlite-connection.ts';

/** Worker thread: answers `{ id, sql, parameters }` with rows from a read-only connection of its own. */
export interface ReaderRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export type ReaderAnswer =
  | { readonly id: number; readonly rows: unknown[] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string | undefined } };

const { path } = workerData as { path: string };
const connection = new SqliteConnection(path, { readOnly: true });

parentPort?.on('message', (request: ReaderRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer({ id, sql, parameters }: ReaderRequest): ReaderAnswer {
  try {
    return { id, rows: connection.run(sql, parameters).rows };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { id, error: { message, code } };
  }
}
