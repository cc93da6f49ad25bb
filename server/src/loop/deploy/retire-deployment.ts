import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { findDeployment, listLiveDeployments } from './deployment.store.ts';
import { refreshDesiredState } from './desired-state.ts';
import { deleteEndpoint, findEndpoint } from './endpoint.store.ts';
import { endpointRef } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import { lockEndpoint } from './lock-endpoint.ts';
import { type Because, recordTransition } from './record-transition.ts';
import { deleteCounters } from './rollout/counters.store.ts';
import { endWithEndpoint } from './rollout/move-rollout.ts';
import { findOpenRollout, listRollouts } from './rollout/rollout.store.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

/**
 * Ends a deployment that answers nobody: gateways stop its workers. Again changes nothing. What an open rollout needs
 * stays, and so does the version to which the last one can be undone, unless `force` gives that up.
 * @throws DEPLOY_HAS_TRAFFIC, DEPLOY_HELD_FOR_UNDO, DEPLOY_DEPLOYMENT_NOT_FOUND
 */
export async function retireDeployment(
  parts: Parts,
  {
    endpoint: name,
    deployment: id,
    force = false,
    ...because
  }: Because & { readonly endpoint: string; readonly deployment: string; readonly force?: boolean },
): Promise<void> {
  await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, name);
    const [endpoint, deployment] = [await findEndpoint(trx, name), await findDeployment(trx, id)];
    if (deployment?.endpoint !== name) throw deployErrors.DEPLOYMENT_NOT_FOUND({ endpoint: name, deployment: id });
    const share = endpoint?.traffic[id] ?? 0;
    if (share > 0) throw deployErrors.HAS_TRAFFIC({ endpoint: name, deployment: id, share });
    await requireNotHeld(trx, { endpoint: name, deployment: id, force, stable: endpoint?.stable ?? null });
    if (await recordTransition(trx, parts, deployment, 'retired', because)) await refreshDesiredState(parts, trx);
  });
}

/** @throws DEPLOY_HELD_FOR_UNDO */
async function requireNotHeld(
  trx: Trx,
  held: {
    readonly endpoint: string;
    readonly deployment: string;
    readonly force: boolean;
    readonly stable: string | null;
  },
): Promise<void> {
  const { endpoint, deployment, force, stable } = held;
  const open = await findOpenRollout(trx, endpoint);
  if (open && (open.candidate === deployment || open.before[deployment] !== undefined)) {
    throw deployErrors.HELD_FOR_UNDO({
      ...{ deployment, rollout: open.id, why: 'it is open' },
      hint: `End it first: \`bucle rollouts abort ${open.id} --reason TEXT\`.`,
    });
  }
  const [last] = await listRollouts(trx, { endpoint, limit: 1 });
  const isWayBack = last?.state === 'promoted' && last.previous === deployment && last.candidate === stable;
  if (!isWayBack || force) return;
  throw deployErrors.HELD_FOR_UNDO({
    ...{ deployment, rollout: last.id, why: 'it is what an undo would go back to' },
    hint: 'Say --force to give that up.',
  });
}

/** Takes an endpoint away with all that serves it; its deployments stay on record. @throws DEPLOY_ENDPOINT_NOT_FOUND */
export async function removeEndpoint(
  parts: Parts,
  { endpoint: name, ...because }: Because & { readonly endpoint: string },
): Promise<void> {
  await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, name);
    const endpoint = await findEndpoint(trx, name);
    if (!endpoint || !(await deleteEndpoint(trx, name))) throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: name });
    for (const deployment of await listLiveDeployments(trx, name)) {
      await recordTransition(trx, parts, deployment, 'retired', because);
    }
    await endWithEndpoint(trx, parts, { endpoint: name, ...because });
    await deleteCounters(trx, name, Number.MAX_SAFE_INTEGER);
    const event = { type: 'endpoint.removed', subject: endpointRef(name), data: { traffic: endpoint.traffic } };
    await appendEvent(trx, parts, { ...event, ...because });
    await refreshDesiredState(parts, trx);
  });
}
