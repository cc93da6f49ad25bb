import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely, Transaction } from 'kysely';
import { runDirectly } from './prepared-query.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** More than this in one commit would make the first one wait too long. */
const GROUP_SIZE = 256;

interface Waiting<Tables> {
  run(trx: Transaction<Tables>): Promise<void>;
  settle(): void;
  reject(error: unknown): void;
}

/**
 * Runs transactions one after another on the single writer, and commits those that wait
 * together as one: one fsync for all of them, a savepoint for each.
 */
export class GroupCommit<Tables> {
  readonly #connection: SqliteConnection;
  readonly #kysely: Kysely<Tables>;
  readonly #waiting: Waiting<Tables>[] = [];
  readonly #inside = new AsyncLocalStorage<true>();
  #running: Promise<void> | undefined;

  constructor(connection: SqliteConnection, kysely: Kysely<Tables>) {
    this.#connection = connection;
    this.#kysely = kysely;
  }

  transaction<T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
    if (this.#inside.getStore()) {
      return Promise.reject(
        new Error('A transaction was opened inside another one: pass the outer `trx` down instead.'),
      );
    }
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#waiting.push({
        run: async (trx) => {
          result = await work(trx);
        },
        settle: () => resolve(result),
        reject,
      });
      this.#running ??= nextTurn().then(() => this.#drain());
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_SIZE);
      await this.#commit(group);
    }
    this.#running = undefined;
  }

  async #commit(group: Waiting<Tables>[]): Promise<void> {
    const done: Waiting<Tables>[] = [];
    try {
      await this.#kysely.transaction().execute(async (trx) => {
        runDirectly(trx, this.#connection);
        for (const item of group) await this.#runOne(trx, item, done);
      });
    } catch (error) {
      const failed = new Set(group);
      for (const item of failed) item.reject(error);
      return;
    }
    for (const item of done) item.settle();
  }

  async #runOne(trx: Transaction<Tables>, item: Waiting<Tables>, done: Waiting<Tables>[]): Promise<void> {
    this.#connection.raw.exec('savepoint one');
    try {
      await this.#inside.run(true, () => item.run(trx));
      this.#connection.raw.exec('release one');
      done.push(item);
    } catch (error) {
      // A full disk ends the whole transaction: then all of the group has failed, not this one.
      if (!this.#connection.raw.isTransaction) throw error;
      this.#connection.raw.exec('rollback to one; release one');
      item.reject(error);
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
