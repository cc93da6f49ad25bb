import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { BucleError } from '../../platform/errors.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { moveTraffic } from './apply-traffic.ts';
import { findDeployment, listLiveDeployments } from './deployment.store.ts';
import { type Deployment, deploymentRef, versionRef } from './deployment.ts';
import { refreshDesiredState } from './desired-state.ts';
import { findEndpoint } from './endpoint.store.ts';
import type { Endpoint } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import { lockEndpoint } from './lock-endpoint.ts';
import { checkGround, type Ground, isPromotion, stableOf } from './promotion.ts';
import { type Because, recordTransition } from './record-transition.ts';
import { findOpenRollout } from './rollout/rollout.store.ts';
import { shiftTraffic, type Traffic, trafficProblem, withoutZeros } from './traffic.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

/**
 * Replaces the whole split at once. Only deployments that a gateway reported ready may get a share. Another version
 * gets the largest one by a decision or for a reason only; while a rollout is open, nobody but that moves traffic.
 * @throws DEPLOY_TRAFFIC_INVALID, DEPLOY_NOT_READY, DEPLOY_ENDPOINT_NOT_FOUND, DEPLOY_DEPLOYMENT_NOT_FOUND,
 *   DEPLOY_ROLLOUT_OPEN, DEPLOY_NEEDS_DECISION, DEPLOY_DECISION_UNFIT, DEPLOY_DECISION_NOT_FOUND
 */
export async function setTraffic(
  parts: Parts,
  { endpoint: name, traffic, ...given }: Because & Ground & { readonly endpoint: string; readonly traffic: Traffic },
): Promise<Endpoint> {
  const problem = trafficProblem(traffic);
  if (problem !== null) throw deployErrors.TRAFFIC_INVALID({ problem });
  return parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, name);
    const endpoint = await findEndpoint(trx, name);
    if (!endpoint) throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: name });
    const wanted = withoutZeros(traffic);
    for (const id of Object.keys(traffic)) await requireReady(trx, name, id, wanted);
    await requireNoRollout(trx, name);
    const stable = stableOf(wanted, endpoint.stable);
    await moveTraffic(parts, trx, endpoint, { ...given, traffic: wanted, stable, decidedAt: parts.clock.now() });
    await refreshDesiredState(parts, trx);
    return { ...endpoint, traffic: wanted, stable };
  });
}

/** @throws DEPLOY_ROLLOUT_OPEN */
export async function requireNoRollout(trx: Trx, endpoint: string): Promise<void> {
  const open = await findOpenRollout(trx, endpoint);
  if (open) throw deployErrors.ROLLOUT_OPEN({ endpoint, rollout: open.id, version: open.version });
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
  const { id, wantedTraffic, createdAt, ground } = deployment;
  const endpoint = await findEndpoint(trx, deployment.endpoint);
  if (wantedTraffic === null || !endpoint) return;
  const traffic = shiftTraffic(endpoint.traffic, id, wantedTraffic);
  const stable = stableOf(traffic, endpoint.stable);
  const why = await supersededBy(trx, endpoint, { deployment, stable });
  if (why !== null) {
    const event = { type: 'deployment.traffic_superseded', subject: deploymentRef(deployment), ...because };
    await appendEvent(trx, parts, { ...event, data: { endpoint: endpoint.name, wanted: wantedTraffic, why } });
    return;
  }
  // Whoever gave the reason is who overrides, not the gateway that reported.
  const actor = ground?.reason === undefined ? because.actor : deployment.createdBy;
  const change = { ...because, ...ground, actor, traffic, stable, decidedAt: createdAt };
  await moveTraffic(parts, trx, endpoint, change);
  for (const other of await listLiveDeployments(trx, endpoint.name)) {
    const used = other.id === id || endpoint.traffic[other.id] !== undefined || traffic[other.id] !== undefined;
    if (used || other.state !== 'ready' || other.lostTrafficAt === null) continue;
    await recordTransition(trx, parts, other, 'retired', { ...because, data: { why: 'replaced twice' } });
  }
}

/** Why the wish of a deployment moves nothing any more; null: it does. */
async function supersededBy(
  trx: Trx,
  endpoint: Endpoint,
  { deployment, stable }: { readonly deployment: Deployment; readonly stable: string | null },
): Promise<string | null> {
  if (endpoint.trafficDecidedAt > deployment.createdAt) return 'the traffic was changed since';
  if (await findOpenRollout(trx, endpoint.name)) return 'a rollout is open';
  if (stable === endpoint.stable || stable !== deployment.id || !(await isPromotion(trx, endpoint, deployment))) {
    return null;
  }
  const version = versionRef(deployment.version);
  try {
    await checkGround(trx, { endpoint, version, ...deployment.ground });
    return null;
  } catch (error) {
    if (error instanceof BucleError) return error.message;
    throw error;
  }
}
