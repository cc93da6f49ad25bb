import type { Kysely, Transaction } from 'kysely';
import type { ChunkTables } from './loop/data/chunk.store.ts';
import type { DatasetTables } from './loop/data/dataset.store.ts';
import type { TokenTables } from './platform/auth/token.store.ts';
import type { Database } from './platform/db/database.ts';

/** Every table of the server: each store exports its own slice. Types only. */
export type Tables = TokenTables & ChunkTables & DatasetTables;

export type Db = Kysely<Tables>;
export type Trx = Transaction<Tables>;
export type BucleDatabase = Database<Tables>;
