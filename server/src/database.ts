import type { Kysely, Transaction } from 'kysely';
import type { ChunkTables } from './loop/data/chunk.store.ts';
import type { DatasetTables } from './loop/data/dataset.store.ts';
import type { ConversionTables } from './loop/deploy/conversion.store.ts';
import type { DeploymentTables } from './loop/deploy/deployment.store.ts';
import type { DesiredStateTables } from './loop/deploy/desired-state.store.ts';
import type { EndpointTables } from './loop/deploy/endpoint.store.ts';
import type { GatewayTables } from './loop/deploy/gateway.store.ts';
import type { AttemptTables } from './loop/train/attempt.store.ts';
import type { EnvironmentTables } from './loop/train/environment.store.ts';
import type { TrainJobTables } from './loop/train/job.store.ts';
import type { SnapshotTables } from './loop/train/snapshot.store.ts';
import type { TokenTables } from './platform/auth/token.store.ts';
import type { Database } from './platform/db/database.ts';
import type { EventTables } from './platform/events/event.store.ts';
import type { JobTables } from './platform/jobs/job-tables.ts';

type PlatformTables = TokenTables & JobTables & EventTables;
type DataTables = ChunkTables & DatasetTables;
type TrainTables = SnapshotTables & EnvironmentTables & TrainJobTables & AttemptTables;
type DeployTables = EndpointTables & DeploymentTables & ConversionTables & DesiredStateTables & GatewayTables;

/** Every table of the server: each store exports its own slice. Types only. */
export type Tables = PlatformTables & DataTables & TrainTables & DeployTables;

export type Db = Kysely<Tables>;
export type Trx = Transaction<Tables>;
export type BucleDatabase = Database<Tables>;
