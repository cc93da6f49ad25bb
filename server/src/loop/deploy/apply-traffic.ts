import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { findDeployment, markLostTraffic } from './deployment.store.ts';
import { versionRef } from './deployment.ts';
import { updateTraffic } from './endpoint.store.ts';
import { type Endpoint, endpointRef } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import { type Ground, isPromotion, justifyPromotion, recordPromotion } from './promotion.ts';
import type { Because } from './record-transition.ts';
import { losers, type Traffic } from './traffic.ts';

type Parts = Pick<Context, 'clock'>;

export interface TrafficChange extends Because {
  readonly traffic: Traffic;
  /** Who holds stable traffic afterwards. */
  readonly stable: string | null;
  readonly decidedAt: number;
}

/** Writes a split and who holds stable traffic, with their event; under the endpoint's lock. */
export async function applyTraffic(
  { clock }: Parts,
  trx: Trx,
  endpoint: Endpoint,
  { traffic, stable, decidedAt, ...because }: TrafficChange,
): Promise<void> {
  const { name, traffic: before } = endpoint;
  if (!(await updateTraffic(trx, name, { traffic, stable, decidedAt }))) {
    throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: name });
  }
  await markLostTraffic(trx, losers(before, traffic), clock.now());
  const data = { before, after: traffic, stable };
  await appendEvent(
    trx,
    { clock },
    {
      ...{ type: 'endpoint.traffic_changed', subject: endpointRef(name), data },
      ...because,
    },
  );
}

/**
 * Writes a split by which another deployment may come to hold stable traffic, which needs a ground when it is another
 * version. @throws DEPLOY_NEEDS_DECISION, DEPLOY_DECISION_UNFIT, DEPLOY_DECISION_NOT_FOUND
 */
export async function moveTraffic(
  parts: Parts,
  trx: Trx,
  endpoint: Endpoint,
  change: TrafficChange & Ground & { readonly rollout?: string; readonly isChecked?: boolean },
): Promise<{ readonly decision: string | null }> {
  const { stable, decision: given, reason, rollout = null, actor, cause } = change;
  const to = stable === null || stable === endpoint.stable ? undefined : await findDeployment(trx, stable);
  const isNews = to !== undefined && (endpoint.stable === null || (await isPromotion(trx, endpoint, to)));
  if (to === undefined || !isNews) {
    await applyTraffic(parts, trx, endpoint, change);
    return { decision: null };
  }
  const ground = { endpoint, version: versionRef(to.version), decision: given, reason, actor, cause };
  const known = change.isChecked === true ? given : undefined;
  const decision = known ?? (await justifyPromotion(trx, parts, ground));
  await applyTraffic(parts, trx, endpoint, change);
  await recordPromotion(trx, parts, { endpoint, to, decision, rollout, actor, cause });
  return { decision };
}
