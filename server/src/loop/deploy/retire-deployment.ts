import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { findDeployment, listLiveDeployments } from './deployment.store.ts';
import { refreshDesiredState } from './desired-state.ts';
import { deleteEndpoint, findEndpoint } from './endpoint.store.ts';
import { endpointRef } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import { lockEndpoint } from './lock-endpoint.ts';
import { type Because, recordTransition } from './record-transition.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

/**
 * Ends a deployment that answers nobody: gateways stop its workers. Again changes nothing.
 * @throws DEPLOY_HAS_TRAFFIC, DEPLOY_DEPLOYMENT_NOT_FOUND
 */
export async function retireDeployment(
  parts: Parts,
  { endpoint: name, deployment: id, ...because }: Because & { readonly endpoint: string; readonly deployment: string },
): Promise<void> {
  await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, name);
    const [endpoint, deployment] = [await findEndpoint(trx, name), await findDeployment(trx, id)];
    if (deployment?.endpoint !== name) throw deployErrors.DEPLOYMENT_NOT_FOUND({ endpoint: name, deployment: id });
    const share = endpoint?.traffic[id] ?? 0;
    if (share > 0) throw deployErrors.HAS_TRAFFIC({ endpoint: name, deployment: id, share });
    if (await recordTransition(trx, parts, deployment, 'retired', because)) await refreshDesiredState(parts, trx);
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
    const event = { type: 'endpoint.removed', subject: endpointRef(name), data: { traffic: endpoint.traffic } };
    await appendEvent(trx, parts, { ...event, ...because });
    await refreshDesiredState(parts, trx);
  });
}
