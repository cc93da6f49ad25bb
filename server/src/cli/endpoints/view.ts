import { type Client, fillPath } from '@bucle/client';
import type { Rollout } from '../rollouts/view.ts';

/** What the server says of an endpoint; see /openapi.json. */
export interface Endpoint {
  readonly name: string;
  readonly url: string;
  readonly traffic: Readonly<Record<string, number>>;
  /** Deployment that holds stable traffic. */
  readonly stable: string | null;
  readonly prediction: {
    readonly kind: string;
    readonly column: string | null;
    readonly threshold: number | null;
  } | null;
  readonly event_time: { readonly feature: string | null; readonly header: string | null };
  readonly key: string | null;
}

export interface EndpointDetail extends Endpoint {
  /** Newest first. */
  readonly deployments: readonly Deployment[];
  readonly gateways: readonly { readonly gateway: string; readonly url: string; readonly seen_at: number }[];
  /** The open one. */
  readonly rollout: Rollout | null;
}

export interface Parity {
  readonly passed: boolean;
  readonly engine: string;
  readonly golden: { readonly origin: string; readonly requests: number; readonly rows: number };
  readonly max_difference: number;
  readonly label_flips: number;
  readonly first: {
    readonly check: string;
    readonly request: string;
    readonly row: number;
    readonly output: string | null;
    readonly expected: string;
    readonly got: string;
    readonly difference: number | null;
  } | null;
  readonly cause: string | null;
  readonly message: string;
}

export interface Deployment {
  readonly id: string;
  readonly endpoint: string;
  /** `version:flights/3` */
  readonly version: string;
  readonly engine: string;
  readonly state: string;
  readonly progress: string | null;
  readonly failure: { readonly step: string; readonly reason: string; readonly next: string } | null;
  readonly traffic: number;
  readonly wanted_traffic: number | null;
  readonly conversion_reason: string | null;
  readonly serving_engine: string | null;
  readonly serving_reason: string | null;
  readonly parity: Parity | null;
  readonly onnx_parity: Parity | null;
  readonly gateways: readonly {
    readonly gateway: string;
    readonly state: string;
    readonly reason: string | null;
    readonly traffic: number;
  }[];
  readonly created_at: number;
  readonly created_by: string;
}

const gone = ['failed', 'retired'];

export function isGone({ state }: Pick<Deployment, 'state'>): boolean {
  return gone.includes(state);
}

interface Parts {
  readonly client: Client;
  readonly signal: AbortSignal;
}

/** @throws DEPLOY_ENDPOINT_NOT_FOUND */
export function getEndpoint({ client, signal }: Parts, name: string): Promise<EndpointDetail> {
  return client.request<EndpointDetail>('GET', fillPath('/api/v1/endpoints/{name}', { name }), { signal });
}

export async function listEndpoints({ client, signal }: Parts): Promise<Endpoint[]> {
  const all: Endpoint[] = [];
  for (let after: string | undefined | null; after !== null; ) {
    const page: { endpoints: Endpoint[]; next: string | null } = await client.request('GET', '/api/v1/endpoints', {
      query: { after, limit: 1_000 },
      signal,
    });
    all.push(...page.endpoints);
    after = page.next;
  }
  return all;
}

/** `flights/3` of `version:flights/3`. */
export function shortVersion({ version }: Pick<Deployment, 'version'>): string {
  return version.replace(/^version:/, '');
}

/** The random end of an id: ids that were made at the same time begin alike. */
export function shortId(id: string): string {
  return id.slice(-12);
}

/** `flights/3 90 %, flights/4 10 %`; null when nobody gets requests. */
export function describeTraffic({
  traffic,
  deployments,
}: Pick<EndpointDetail, 'traffic' | 'deployments'>): string | null {
  const shares = Object.entries(traffic)
    .sort(([, a], [, b]) => b - a)
    .map(([id, share]) => {
      const deployment = deployments.find((one) => one.id === id);
      return `${deployment === undefined ? shortId(id) : shortVersion(deployment)} ${share} %`;
    });
  return shares.length === 0 ? null : shares.join(', ');
}
