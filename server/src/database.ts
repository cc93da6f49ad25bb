import type { Kysely, Transaction } from 'kysely';
import type { ChunkTables } from './loop/data/chunk.store.ts';
import type { DatasetTables } from './loop/data/dataset.store.ts';
import type { ConversionTables } from './loop/deploy/conversion.store.ts';
import type { DeploymentTables } from './loop/deploy/deployment.store.ts';
import type { DesiredStateTables } from './loop/deploy/desired-state.store.ts';
import type { EndpointTables } from './loop/deploy/endpoint.store.ts';
import type { GatewayTables } from './loop/deploy/gateway.store.ts';
import type { ModelAliasTables } from './loop/registry/alias.store.ts';
import type { RegisteredModelTables } from './loop/registry/model.store.ts';
import type { ModelVersionTables } from './loop/registry/version.store.ts';
import type { CaptureTables } from './loop/serve/captures.store.ts';
import type { ExperimentTables } from './loop/track/experiment.store.ts';
import type { InputTables } from './loop/track/input.store.ts';
import type { LoggedModelTables } from './loop/track/logged-model.store.ts';
import type { MetricTables } from './loop/track/metric.store.ts';
import type { RunTables } from './loop/track/run.store.ts';
import type { AttemptTables } from './loop/train/attempt.store.ts';
import type { EnvironmentTables } from './loop/train/environment.store.ts';
import type { TrainJobTables } from './loop/train/job.store.ts';
import type { SnapshotTables } from './loop/train/snapshot.store.ts';
import type { TokenTables } from './platform/auth/token.store.ts';
import type { Database } from './platform/db/database.ts';
import type { EventTables } from './platform/events/event.store.ts';
import type { JobTables } from './platform/jobs/job-tables.ts';

type PlatformTables = TokenTables & JobTables & EventTables;
type TrackTables = ExperimentTables & RunTables & MetricTables & InputTables & LoggedModelTables;
type DataTables = ChunkTables & DatasetTables;
type TrainTables = SnapshotTables & EnvironmentTables & TrainJobTables & AttemptTables;
type RegistryTables = RegisteredModelTables & ModelVersionTables & ModelAliasTables;
type DeployTables = EndpointTables & DeploymentTables & ConversionTables & DesiredStateTables & GatewayTables;

/** Every table of the server: each store exports its own slice. Types only. */
export type Tables = PlatformTables &
  TrackTables &
  DataTables &
  TrainTables &
  RegistryTables &
  DeployTables &
  CaptureTables;

export type Db = Kysely<Tables>;
export type Trx = Transaction<Tables>;
export type BucleDatabase = Database<Tables>;
