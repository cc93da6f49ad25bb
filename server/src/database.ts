import type { Kysely, Transaction } from 'kysely';
import type { ChunkTables } from './loop/data/chunk.store.ts';
import type { DatasetTables } from './loop/data/dataset.store.ts';
import type { TokenTables } from './platform/auth/token.store.ts';
import type { Database } from './platform/db/database.ts';
import type { EventTables } from './platform/events/event.store.ts';
import type { JobTables } from './platform/jobs/job-tables.ts';

type PlatformTables = TokenTables & JobTables & EventTables;
type DataTables = ChunkTables & DatasetTables;

/** Every table of the server: each store exports its own slice. Types only. */
export type Tables = PlatformTables & DataTables;

export type Db = Kysely<Tables>;
export type Trx = Transaction<Tables>;
export type BucleDatabase = Database<Tables>;
