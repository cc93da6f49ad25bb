import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { quote, type TableFile } from './table-file.ts';

export interface SandboxOptions {
  /** The only files that may be read. */
  readonly files: readonly TableFile[];
  /** An existing folder for intermediate files; the only place that may be written. */
  readonly scratch: string;
  /** Bytes. */
  readonly memoryLimit: number;
}

export type Rows = readonly Readonly<Record<string, unknown>>[];

const REPEAT_MS = 20;

/** A DuckDB in memory that can reach nothing but the given files. One thread: sums of floats come out the same each time. */
export interface Sandbox extends Disposable {
  run(sql: string): Promise<void>;
  query(sql: string): Promise<Rows>;
  /** Column by column, some thousand rows at a time, in constant memory. */
  stream(sql: string): AsyncIterable<readonly (readonly unknown[])[]>;
  /** Adds rows to a table that exists; what was added is in the table when it is disposed. */
  append(table: string, types: readonly DuckDBType[]): Promise<TableAppender>;
  /** Makes the running statement, and each one after it, fail soon. */
  interrupt(): void;
}

export interface TableAppender extends Disposable {
  /** Up to 2048 rows, column by column. */
  add(columns: readonly (readonly DuckDBValue[])[]): void;
}

export async function openSandbox({ files, scratch, memoryLimit }: SandboxOptions): Promise<Sandbox> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${memoryLimit}B`,
    temp_directory: `${scratch}/spill`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection: DuckDBConnection = await instance.connect();
  const list = files.map(({ path }) => quote(path)).join(', ');
  // The order matters: after the second line no path can be added, after the last no setting changed.
  await connection.run(`set allowed_paths = [${list}]`);
  await connection.run(`set allowed_directories = [${quote(`${scratch}/`)}]`);
  await connection.run(`set TimeZone = 'UTC'`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
  // DuckDB forgets an interrupt that comes between two statements, or before one has really begun.
  let interrupting: NodeJS.Timeout | undefined;
  const refuseWhenInterrupted = () => {
    if (interrupting !== undefined) throw new Error('INTERRUPT Error: Interrupted!');
  };
  return {
    async run(sql) {
      refuseWhenInterrupted();
      await connection.run(sql);
    },
    async query(sql) {
      refuseWhenInterrupted();
      return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Rows;
    },
    async *stream(sql) {
      refuseWhenInterrupted();
      for await (const chunk of await connection.stream(sql)) {
        yield chunk.getColumns();
        refuseWhenInterrupted();
      }
    },
    async append(table, types) {
      const appender = await connection.createAppender(table);
      return {
        add(columns) {
          refuseWhenInterrupted();
          const chunk = DuckDBDataChunk.create(types, columns[0]?.length ?? 0);
          chunk.setColumns(columns);
          appender.appendDataChunk(chunk);
        },
        [Symbol.dispose]: () => appender.closeSync(),
      };
    },
    interrupt() {
      interrupting ??= setInterval(() => connection.interrupt(), REPEAT_MS);
      connection.interrupt();
    },
    [Symbol.dispose]() {
      clearInterval(interrupting);
      connection.closeSync();
      instance.closeSync();
    },
  };
}
