import { Worker } from 'node:worker_threads';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { siblingModule } from '../processes/sibling-module.ts';
import type { ReaderAnswer, ReaderRequest } from './reader-thread.ts';

interface Pending {
  resolve(rows: unknown[]): void;
  reject(error: Error): void;
}

interface Reader {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

/** Reader threads behind one Kysely connection; started when first used, replaced when they die. */
export class ReaderPool implements DatabaseConnection {
  readonly #path: string;
  readonly #size: number;
  readonly #readers: Reader[] = [];
  #nextId = 0;

  constructor(path: string, size = 2) {
    this.#path = path;
    this.#size = size;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const rows = await new Promise<unknown[]>((resolve, reject) => {
      const reader = this.#leastBusy();
      const id = ++this.#nextId;
      reader.pending.set(id, { resolve, reject });
      reader.worker.ref();
      reader.worker.postMessage({ id, sql: query.sql, parameters: query.parameters } satisfies ReaderRequest);
    });
    return { rows: rows as Row[] };
  }

  // biome-ignore lint/correctness/useYield: the interface asks for a generator; readers answer whole results
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Reader threads do not stream: page by key instead.');
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.splice(0).map(({ worker }) => worker.terminate()));
  }

  #leastBusy(): Reader {
    if (this.#readers.length < this.#size) return this.#start();
    return this.#readers.reduce((best, next) => (next.pending.size < best.pending.size ? next : best));
  }

  #start(): Reader {
    const worker = new Worker(siblingModule(import.meta.url, './reader-thread'), { workerData: { path: this.#path } });
    const reader: Reader = { worker, pending: new Map() };
    worker.on('message', (answer: ReaderAnswer) => {
      const pending = reader.pending.get(answer.id);
      reader.pending.delete(answer.id);
      if (reader.pending.size === 0) worker.unref();
      if ('rows' in answer) pending?.resolve(answer.rows);
      else pending?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }));
    });
    const fail = (error: Error) => {
      const index = this.#readers.indexOf(reader);
      if (index >= 0) this.#readers.splice(index, 1);
      for (const { reject } of reader.pending.values()) reject(error);
      reader.pending.clear();
    };
    worker.on('error', (error) => fail(error as Error));
    worker.on('exit', () => fail(new Error('A reader thread of the database ended.')));
    worker.unref();
    this.#readers.push(reader);
    return reader;
  }
}
