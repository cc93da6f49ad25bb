import { type Static, Type } from 'typebox';
import { declarationProperties, groundProperties, Name, Nullable, strict } from './declaration.schema.ts';
import { Deployment, toDeploymentResponse } from './deployment.schema.ts';
import type { Deployment as DeploymentRow } from './deployment.ts';
import { EventTime, PredictionMeaning } from './desired-state.schema.ts';
import { type Endpoint as EndpointRow, endpointRef } from './endpoint.ts';
import type { Gateway } from './gateway.store.ts';
import { Rollout, toRolloutResponse } from './rollout/rollout.schema.ts';
import type { Rollout as RolloutRow } from './rollout/rollout.ts';

export const NameParams = Type.Object({ name: Name });
export const NewEndpoint = Type.Object({ name: Name, ...declarationProperties }, strict);

const TrafficBody = Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 100 }), {
  minProperties: 1,
  maxProperties: 100,
  description: 'Deployment id → percent; sums to 100.',
});

export const TrafficChange = Type.Object({ traffic: TrafficBody, ...groundProperties }, strict);

export const Endpoint = Type.Object({
  ref: Type.String({ description: '`endpoint:flights`' }),
  name: Type.String(),
  url: Type.String({ description: 'Where callers send their requests.' }),
  traffic: Type.Record(Type.String(), Type.Number()),
  stable: Nullable(Type.String({ description: 'Deployment that holds stable traffic.' })),
  prediction: Nullable(PredictionMeaning),
  event_time: EventTime,
  key: Nullable(Type.String()),
  timeout_ms: Nullable(Type.Integer()),
  workers: Nullable(Type.Integer()),
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  created_by: Type.String(),
});

const GatewayView = Type.Object({
  gateway: Type.String(),
  url: Type.String(),
  revision: Type.Integer({ description: 'Of the desired state that it works on.' }),
  seen_at: Type.Integer(),
});

export const EndpointDetail = Type.Object({
  ...Endpoint.properties,
  deployments: Type.Array(Deployment, { description: 'Newest first.' }),
  gateways: Type.Array(GatewayView, { description: 'Those that reported lately.' }),
  rollout: Nullable(Rollout),
});

export const EndpointQuery = Type.Object(
  { after: Type.Optional(Name), limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) },
  strict,
);
export const EndpointPage = Type.Object({ endpoints: Type.Array(Endpoint), next: Nullable(Type.String()) });

export function toEndpointResponse(endpoint: EndpointRow, gatewayUrl: string): Static<typeof Endpoint> {
  const { name, traffic, stable, prediction, eventTime, key, timeoutMs, workers, createdAt, createdBy } = endpoint;
  return {
    ref: endpointRef(name),
    name,
    url: `${gatewayUrl}/endpoints/${name}/invocations`,
    traffic: { ...traffic },
    stable,
    prediction,
    event_time: eventTime,
    key,
    timeout_ms: timeoutMs,
    workers,
    created_at: createdAt,
    created_by: createdBy,
  };
}

export function toEndpointDetail(
  endpoint: EndpointRow,
  more: {
    deployments: readonly DeploymentRow[];
    gateways: readonly Gateway[];
    gatewayUrl: string;
    /** The open one. */
    rollout: RolloutRow | undefined;
  },
): Static<typeof EndpointDetail> {
  const { deployments, gateways, gatewayUrl, rollout } = more;
  return {
    ...toEndpointResponse(endpoint, gatewayUrl),
    deployments: deployments.map((deployment) => toDeploymentResponse(deployment, endpoint.traffic, gateways)),
    gateways: gateways.map(({ id, url, revision, seenAt }) => ({ gateway: id, url, revision, seen_at: seenAt })),
    rollout: rollout ? toRolloutResponse(rollout) : null,
  };
}
