import { type Static, Type } from 'typebox';
import { ParityReport } from '../../engines/parity-report.ts';
import { declarationProperties, groundProperties, Name, Nullable, strict } from './declaration.schema.ts';
import { type Deployment as DeploymentRow, deploymentRef, versionRef } from './deployment.ts';
import { ObservedPhase } from './desired-state.schema.ts';
import type { Gateway } from './gateway.store.ts';
import type { Traffic } from './traffic.ts';

const Engine = Type.Union([Type.Literal('onnx'), Type.Literal('python')]);
const EngineChoice = Type.Union([Type.Literal('auto'), Type.Literal('onnx'), Type.Literal('python')]);

export const DeploymentParams = Type.Object({ name: Name, deployment: Type.String({ maxLength: 100 }) });

export const NewDeployment = Type.Object(
  {
    version: Type.String({ minLength: 1, maxLength: 500, description: '`flights/3` or `flights@champion`.' }),
    engine: Type.Optional(EngineChoice),
    traffic: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 100,
        description: 'Percent as soon as it is ready. Absent: everything if nothing has traffic yet, else nothing.',
      }),
    ),
    ...groundProperties,
    ...declarationProperties,
  },
  strict,
);

const FailedStep = Type.Union([
  Type.Literal('model'),
  Type.Literal('golden'),
  Type.Literal('conversion'),
  Type.Literal('gateway'),
  Type.Literal('parity'),
  Type.Literal('server'),
]);

const State = Type.Union([
  Type.Literal('pending'),
  Type.Literal('preparing'),
  Type.Literal('published'),
  Type.Literal('verifying'),
  Type.Literal('ready'),
  Type.Literal('failed'),
  Type.Literal('retired'),
]);

const GatewaySees = Type.Object({
  gateway: Type.String(),
  state: ObservedPhase,
  engine: Nullable(Engine),
  reason: Nullable(Type.String()),
  traffic: Type.Number({ description: 'Percent that it really has on this gateway.' }),
  since: Type.Integer(),
});

export const Deployment = Type.Object({
  ref: Type.String({ description: '`deployment:ID`' }),
  id: Type.String(),
  endpoint: Type.String(),
  version: Type.String({ description: '`version:flights/3`' }),
  model_id: Type.String(),
  run: Nullable(Type.String()),
  engine: EngineChoice,
  state: State,
  progress: Nullable(Type.String({ description: 'What is being done now.' })),
  failure: Nullable(Type.Object({ step: FailedStep, reason: Type.String(), next: Type.String() })),
  traffic: Type.Number({ description: 'Percent of the endpoint that it shall answer.' }),
  wanted_traffic: Nullable(Type.Number({ description: 'Percent that it was to get when it became ready.' })),
  model_digest: Nullable(Type.String()),
  golden: Nullable(
    Type.Object({ sha256: Type.String(), origin: Type.Union([Type.Literal('job'), Type.Literal('rebuilt')]) }),
  ),
  has_onnx: Type.Boolean(),
  conversion_reason: Nullable(Type.String({ description: 'Why there is no ONNX form.' })),
  serving_engine: Nullable(Engine),
  serving_reason: Nullable(Type.String({ description: 'Why it is not the engine that was hoped for.' })),
  parity: Nullable(ParityReport),
  onnx_parity: Nullable(ParityReport),
  gateways: Type.Array(GatewaySees),
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  created_by: Type.String(),
  changed_at: Type.Integer(),
  ready_at: Nullable(Type.Integer()),
});

export function toDeploymentResponse(
  deployment: DeploymentRow,
  traffic: Traffic,
  gateways: readonly Gateway[],
): Static<typeof Deployment> {
  const { id, endpoint, version, modelId, run, engine, state, progress, failure, golden } = deployment;
  return {
    ...{ ref: deploymentRef(deployment), id, endpoint, version: versionRef(version), model_id: modelId, run, engine },
    ...{ state, progress, failure, golden },
    traffic: traffic[id] ?? 0,
    wanted_traffic: deployment.wantedTraffic,
    model_digest: deployment.modelDigest,
    has_onnx: deployment.onnxFiles !== null,
    conversion_reason: deployment.conversionReason,
    serving_engine: deployment.servingEngine,
    serving_reason: deployment.servingReason,
    parity: deployment.parity,
    onnx_parity: deployment.onnxParity,
    gateways: gateways.flatMap((gateway) => {
      const seen = gateway.observations.find((one) => one.deployment === id);
      if (!seen) return [];
      const { state: phase, engine: runs, reason, traffic: share, since } = seen;
      return [{ gateway: gateway.id, state: phase, engine: runs, reason, traffic: share, since }];
    }),
    created_at: deployment.createdAt,
    created_by: deployment.createdBy,
    changed_at: deployment.changedAt,
    ready_at: deployment.readyAt,
  };
}
