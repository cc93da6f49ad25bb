import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type Client } from '@bucle/client';
import type { Static } from 'typebox';
import type { ParityReport } from '../../engines/parity-report.ts';
import type { Deployment } from './deployment.schema.ts';
import type { ArmCounters, DesiredState, Observation, ObservationReport } from './desired-state.schema.ts';
import type { EndpointDetail } from './endpoint.schema.ts';

export type DeploymentView = Static<typeof Deployment>;
export type EndpointView = Static<typeof EndpointDetail>;

/** Speaks the gateway's side of the protocol by hand, so that a test decides what it sees and when. */
export function handGateway(client: Client, id = 'gateway-1') {
  const seen = new Map<string, Observation>();
  const cells = new Map<number, ArmCounters>();
  let boot = 'boot-1';
  const send = async () => {
    const report: ObservationReport = {
      ...{ gateway: id, url: 'http://127.0.0.1:7999', revision: 1 },
      ...{ observations: [...seen.values()], boot, counters: [...cells.values()] },
    };
    await client.request('POST', '/api/v1/gateway/observations', { json: report });
  };
  return {
    desired: (query: { revision?: number; wait?: number } = {}) =>
      client.request<DesiredState>('GET', '/api/v1/gateway/desired-state', { query }),
    async report(deployment: Pick<DeploymentView, 'id' | 'endpoint'>, change: Partial<Observation>): Promise<void> {
      seen.set(deployment.id, {
        ...{ deployment: deployment.id, endpoint: deployment.endpoint, state: 'preparing', engine: null },
        ...{ reason: null, parity: null, onnx_parity: null, traffic: 0, since: 1 },
        ...change,
      });
      await send();
    },
    /** Says again what it sees, with what it has counted. */
    async count(...counters: readonly ArmCounters[]): Promise<void> {
      for (const counter of counters) cells.set(counter.cell, counter);
      await send();
    },
    /** Its counters begin at 0. */
    restart(): void {
      boot = `${boot}+`;
      cells.clear();
    },
  };
}

export function parityReport(change: Partial<ParityReport> = {}): ParityReport {
  return {
    passed: true,
    engine: 'python',
    golden: { sha256: 'a'.repeat(64), origin: 'job', requests: 1, rows: 3 },
    ...{ checks: [], max_difference: 0, label_flips: 0, refusals: 0, first: null, cause: null, environment: [] },
    ...{ message: '3 golden rows came out the same.', seconds: 0.1 },
    ...change,
  };
}

export async function deploy(client: Client, endpoint: string, json: Record<string, unknown>): Promise<DeploymentView> {
  return client.request<DeploymentView>('POST', `/api/v1/endpoints/${endpoint}/deployments`, { json });
}

/** Waits until the deployment is in one of these states. */
export async function untilState(
  client: Client,
  { id, endpoint }: Pick<DeploymentView, 'id' | 'endpoint'>,
  states: readonly string[],
  timeoutMs = 20_000,
): Promise<DeploymentView> {
  for (const until = performance.now() + timeoutMs; ; await sleep(30)) {
    const found = await client.request<DeploymentView>('GET', `/api/v1/endpoints/${endpoint}/deployments/${id}`);
    if (states.includes(found.state)) return found;
    if (performance.now() > until || found.failure) throw new Error(`Not ${states.join()}: ${JSON.stringify(found)}`);
  }
}

/** What a request is refused with. */
export async function refusal(
  request: Promise<unknown>,
): Promise<{ status: number; code: string; message: string; next: string }> {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`It was not refused: ${String(error)}`);
  return { status: error.status, code: error.code, message: error.message, next: error.next ?? '' };
}
