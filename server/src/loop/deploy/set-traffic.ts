import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { findDeployment, listLiveDeployments, markLostTraffic } from './deployment.store.ts';
import { type Deployment, deploymentRef, versionRef } from './deployment.ts';
import { refreshDesiredState } from './desired-state.ts';
import { findEndpoint, updateTraffic } from './endpoint.store.ts';
import { type Endpoint, endpointRef } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import { lockEndpoint } from './lock-endpoint.ts';
import { type Because, recordTransition } from './record-transition.ts';
import { losers, shiftTraffic, type Traffic, trafficProblem, withoutZeros } from './traffic.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

/**
 * Replaces the whole split at once. Only deployments that a gateway reported ready may get a share.
 * @throws DEPLOY_TRAFFIC_INVALID, DEPLOY_NOT_READY, DEPLOY_ENDPOINT_NOT_FOUND, DEPLOY_DEPLOYMENT_NOT_FOUND
 */
export async function setTraffic(
  parts: Parts,
  { endpoint: name, traffic, ...because }: Because & { readonly endpoint: string; readonly traffic: Traffic },
): Promise<Endpoint> {
  const problem = trafficProblem(traffic);
  if (problem !== null) throw deployErrors.TRAFFIC_INVALID({ problem });
  return parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, name);
    const endpoint = await findEndpoint(trx, name);
    if (!endpoint) throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: name });
    const wanted = withoutZeros(traffic);
    for (const id of Object.keys(traffic)) await requireReady(trx, name, id, wanted);
    await applyTraffic(parts, trx, endpoint, { ...because, traffic: wanted, decidedAt: parts.clock.now() });
    await refreshDesiredState(parts, trx);
    return { ...endpoint, traffic: wanted };
  });
}

async function requireReady(trx: Trx, endpoint: string, id: string, wanted: Traffic): Promise<void> {
  const deployment = await findDeployment(trx, id);
  if (deployment?.endpoint !== endpoint) throw deployErrors.DEPLOYMENT_NOT_FOUND({ endpoint, deployment: id });
  if (wanted[id] === undefined || deployment.state === 'ready') return;
  throw deployErrors.NOT_READY({
    deployment: id,
    version: versionRef(deployment.version),
    state: deployment.state,
    reason: deployment.failure?.reason ?? 'No gateway has reproduced its golden answers.',
    hint: hintFor(deployment),
  });
}

function hintFor({ state, failure, version }: Deployment): string {
  if (failure !== null) return failure.next;
  if (state === 'retired') return `Deploy ${version.name}/${version.number} again.`;
  return 'Wait until it is ready: `bucle endpoints deploy` does, and moves the traffic then.';
}

/**
 * When a deployment becomes ready: gives it the share that was asked for, unless somebody decided about the traffic
 * since. The split before it stays warm; what had lost its traffic earlier is retired.
 */
export async function honourWantedTraffic(
  parts: Parts,
  trx: Trx,
  deployment: Deployment,
  because: Because,
): Promise<void> {
  const { id, wantedTraffic, createdAt } = deployment;
  const endpoint = await findEndpoint(trx, deployment.endpoint);
  if (wantedTraffic === null || !endpoint) return;
  if (endpoint.trafficDecidedAt > createdAt) {
    const event = { type: 'deployment.traffic_superseded', subject: deploymentRef(deployment), ...because };
    await appendEvent(trx, parts, { ...event, data: { endpoint: endpoint.name, wanted: wantedTraffic } });
    return;
  }
  const traffic = shiftTraffic(endpoint.traffic, id, wantedTraffic);
  await applyTraffic(parts, trx, endpoint, { ...because, traffic, decidedAt: createdAt });
  for (const other of await listLiveDeployments(trx, endpoint.name)) {
    const used = other.id === id || endpoint.traffic[other.id] !== undefined || traffic[other.id] !== undefined;
    if (used || other.state !== 'ready' || other.lostTrafficAt === null) continue;
    await recordTransition(trx, parts, other, 'retired', { ...because, data: { why: 'replaced twice' } });
  }
}

async function applyTraffic(
  { clock }: Pick<Parts, 'clock'>,
  trx: Trx,
  endpoint: Endpoint,
  { traffic, decidedAt, ...because }: Because & { readonly traffic: Traffic; readonly decidedAt: number },
): Promise<void> {
  const { name, traffic: before } = endpoint;
  if (!(await updateTraffic(trx, name, traffic, decidedAt))) throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: name });
  await markLostTraffic(trx, losers(before, traffic), clock.now());
  const event = { type: 'endpoint.traffic_changed', subject: endpointRef(name), data: { before, after: traffic } };
  await appendEvent(trx, { clock }, { ...event, ...because });
}
