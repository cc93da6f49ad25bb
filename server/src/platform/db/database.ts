import type { Kysely, Transaction } from 'kysely';

export type DialectName = 'sqlite' | 'postgres';

/** What a dialect can do; code asks for a capability, never for a vendor. */
export interface Capabilities {
  /** Several server processes may write at once. */
  readonly replicas: boolean;
  /** `select … for update skip locked` exists. */
  readonly skipLocked: boolean;
  /** Committed rows may become visible out of the order of their sequence numbers. */
  readonly sequenceGaps: boolean;
}

/**
 * The database of one process.
 *
 * Every write goes through {@link Database.transaction}. On SQLite the transactions that
 * arrive together share one commit and one fsync, each under a savepoint of its own; so
 * work inside a transaction must wait for nothing but SQL.
 */
export interface Database<Tables> extends AsyncDisposable {
  readonly dialect: DialectName;
  readonly capabilities: Capabilities;
  /** Point reads: sees what is committed; on SQLite it runs on the calling thread. */
  readonly read: Kysely<Tables>;
  /** Long reads: on SQLite they run on reader threads, so that a scan delays no heartbeat. */
  readonly scan: Kysely<Tables>;
  /** Runs `work` atomically; when the promise resolves, it is on disk. Must not be nested. */
  transaction<T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Serialises transactions of all replicas that name the same key, until they end. */
  lock(trx: Transaction<Tables>, key: string): Promise<void>;
}

/** One step of the schema; never changed after a release. */
export interface Migration {
  /** Sorts by time: `2026-11-24-track-1`. */
  readonly name: string;
  up(db: Kysely<unknown>, dialect: DialectName): Promise<void>;
}
