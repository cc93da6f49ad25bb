import type { Kysely, Transaction } from 'kysely';
import type { ImportTables } from './imports/import.store.ts';
import type { ChunkTables } from './loop/data/chunk.store.ts';
import type { DatasetTables } from './loop/data/dataset.store.ts';
import type { DatasetDeclarationTables } from './loop/data/declaration.store.ts';
import type { ConversionTables } from './loop/deploy/conversion.store.ts';
import type { DeploymentTables } from './loop/deploy/deployment.store.ts';
import type { DesiredStateTables } from './loop/deploy/desired-state.store.ts';
import type { EndpointTables } from './loop/deploy/endpoint.store.ts';
import type { GatewayTables } from './loop/deploy/gateway.store.ts';
import type { ArmCounterTables } from './loop/deploy/rollout/counters.store.ts';
import type { RolloutTables } from './loop/deploy/rollout/rollout.store.ts';
import type { DecisionTables } from './loop/evaluate/decision.store.ts';
import type { GateTables } from './loop/evaluate/gate.store.ts';
import type { MonitorAlertTables } from './loop/monitor/alert.store.ts';
import type { MonitorInboxTables } from './loop/monitor/ingest.store.ts';
import type { LabelTables } from './loop/monitor/label.store.ts';
import type { LabelBatchTables } from './loop/monitor/label-batch.store.ts';
import type { MonitorTables } from './loop/monitor/monitor.store.ts';
import type { PredictionTables } from './loop/monitor/prediction-index.store.ts';
import type { QualityTables } from './loop/monitor/quality.store.ts';
import type { MonitorReferenceTables } from './loop/monitor/reference.store.ts';
import type { MonitorResultTables } from './loop/monitor/result.store.ts';
import type { MonitorWindowTables } from './loop/monitor/window.store.ts';
import type { ModelAliasTables } from './loop/registry/alias.store.ts';
import type { RegisteredModelTables } from './loop/registry/model.store.ts';
import type { ModelVersionTables } from './loop/registry/version.store.ts';
import type { MlflowWebhookTables } from './loop/registry/webhooks/webhook.store.ts';
import type { CheckTables } from './loop/retrain/check.store.ts';
import type { FiringTables } from './loop/retrain/firing.store.ts';
import type { PolicyTables } from './loop/retrain/policy.store.ts';
import type { WorldTables } from './loop/retrain/world.store.ts';
import type { CaptureTables } from './loop/serve/captures.store.ts';
import type { ErasureTables } from './loop/serve/erasure.store.ts';
import type { RemovalTables } from './loop/serve/removal.store.ts';
import type { ExperimentTables } from './loop/track/experiment.store.ts';
import type { InputTables } from './loop/track/input.store.ts';
import type { LoggedModelTables } from './loop/track/logged-model.store.ts';
import type { MetricTables } from './loop/track/metric.store.ts';
import type { SigningTables } from './loop/track/multipart/signing-key.store.ts';
import type { PurgeTables } from './loop/track/purge.store.ts';
import type { RunTables } from './loop/track/run.store.ts';
import type { AssessmentTables } from './loop/track/traces/assessment.store.ts';
import type { TraceLinkTables } from './loop/track/traces/link.store.ts';
import type { SpanTables } from './loop/track/traces/span.store.ts';
import type { TraceTables } from './loop/track/traces/trace.store.ts';
import type { AttemptTables } from './loop/train/attempt.store.ts';
import type { EnvironmentTables } from './loop/train/environment.store.ts';
import type { TrainJobTables } from './loop/train/job.store.ts';
import type { JobTemplateTables } from './loop/train/job-template.store.ts';
import type { SnapshotTables } from './loop/train/snapshot.store.ts';
import type { TokenTables } from './platform/auth/token.store.ts';
import type { Database } from './platform/db/database.ts';
import type { EventTables } from './platform/events/event.store.ts';
import type { JobTables } from './platform/jobs/job-tables.ts';
import type { WebhookDeliveryTables } from './platform/webhooks/delivery.store.ts';
import type { WebhookTables } from './platform/webhooks/webhook.store.ts';
import type { ProjectTables } from './project/project.store.ts';

type PlatformTables = TokenTables &
  JobTables &
  EventTables &
  WebhookTables &
  WebhookDeliveryTables &
  ProjectTables &
  ImportTables;
type TrackTables = ExperimentTables &
  PurgeTables &
  RunTables &
  MetricTables &
  InputTables &
  LoggedModelTables &
  SigningTables;
type TracingTables = TraceTables & SpanTables & AssessmentTables & TraceLinkTables;
type DataTables = ChunkTables & DatasetTables & DatasetDeclarationTables;
type TrainTables = SnapshotTables & EnvironmentTables & TrainJobTables & JobTemplateTables & AttemptTables;
type RegistryTables = RegisteredModelTables & ModelVersionTables & ModelAliasTables & MlflowWebhookTables;
type DeployTables = EndpointTables &
  DeploymentTables &
  ConversionTables &
  DesiredStateTables &
  GatewayTables &
  RolloutTables &
  ArmCounterTables;
type RetrainTables = PolicyTables & FiringTables & CheckTables & WorldTables;
type LabellingTables = PredictionTables & LabelTables & LabelBatchTables & QualityTables;
type WatchTables = MonitorTables &
  MonitorInboxTables &
  MonitorWindowTables &
  MonitorResultTables &
  MonitorReferenceTables &
  MonitorAlertTables;
type ServeTables = CaptureTables & ErasureTables & RemovalTables;

/** Every table of the server: each store exports its own slice. Types only. */
export type Tables = PlatformTables &
  TrackTables &
  TracingTables &
  DataTables &
  TrainTables &
  RegistryTables &
  DeployTables &
  GateTables &
  DecisionTables &
  LabellingTables &
  WatchTables &
  ServeTables &
  RetrainTables;

export type Db = Kysely<Tables>;
export type Trx = Transaction<Tables>;
export type BucleDatabase = Database<Tables>;
