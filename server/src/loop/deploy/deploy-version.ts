import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { declareEndpoint } from './declare-endpoint.ts';
import { findDeployment, insertDeployment } from './deployment.store.ts';
import { type Deployment, deploymentRef, type EngineChoice, versionRef } from './deployment.ts';
import { refreshDesiredState } from './desired-state.ts';
import type { Declaration, Endpoint } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import { lockEndpoint } from './lock-endpoint.ts';
import type { ModelSource, ServableVersion } from './model-source.ts';
import { PREPARE_KIND, PREPARE_TRIES } from './prepare/prepare-deployment.ts';
import { checkGround, type Ground, isPromotion, stableOf } from './promotion.ts';
import type { Because } from './record-transition.ts';
import { requireNoRollout } from './set-traffic.ts';
import { shiftTraffic } from './traffic.ts';

export interface DeployRequest extends Because, Ground {
  readonly endpoint: string;
  /** `flights/3`, `flights@champion`. */
  readonly version: string;
  readonly engine: EngineChoice;
  /** Percent as soon as it is ready; absent: everything if nothing has traffic yet, else nothing. */
  readonly traffic: number | undefined;
  /** What to declare of the endpoint; what is left out stays. */
  readonly declaration: Partial<Declaration>;
}

type Parts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'> & { readonly source: ModelSource };

/**
 * Accepts a deployment: when this resolves, it is prepared whatever happens to this process. Makes the endpoint
 * when there is none.
 * @throws DEPLOY_NO_REST, DEPLOY_NEEDS_DECISION, DEPLOY_DECISION_UNFIT, DEPLOY_DECISION_NOT_FOUND, DEPLOY_ROLLOUT_OPEN,
 *   and what the version's reference is refused with
 */
export async function deployVersion(parts: Parts, request: DeployRequest): Promise<Deployment> {
  const resolved = await parts.source.resolve(parts, request.version);
  return parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, request.endpoint);
    const endpoint = await declareEndpoint(parts, trx, request);
    const hasTraffic = Object.keys(endpoint.traffic).length > 0;
    const wanted = request.traffic ?? (hasTraffic ? 0 : 100);
    if (wanted > 0 && wanted < 100 && !hasTraffic) {
      throw deployErrors.NO_REST({ endpoint: endpoint.name, rest: 100 - wanted });
    }
    const ground = await groundFor(trx, endpoint, { request, resolved, wanted });
    const deployment = await acceptDeployment(parts, trx, { ...request, resolved, wanted, ground });
    await refreshDesiredState(parts, trx);
    return deployment;
  });
}

/** What shall be kept of the request's ground: it is looked at now, when somebody is there to hear that it is none. */
async function groundFor(
  trx: Trx,
  endpoint: Endpoint,
  { request, resolved, wanted }: { request: DeployRequest; resolved: ServableVersion; wanted: number },
): Promise<Ground | null> {
  const { decision, reason } = request;
  if (wanted === 0) return null;
  await requireNoRollout(trx, endpoint.name);
  const [id, version] = ['new', { name: resolved.name, number: resolved.number }];
  const isStable = stableOf(shiftTraffic(endpoint.traffic, id, wanted), endpoint.stable) === id;
  if (isStable && (await isPromotion(trx, endpoint, { id, version }))) {
    await checkGround(trx, { endpoint, version: versionRef(version), decision, reason });
  }
  if (decision !== undefined) return { decision };
  return reason === undefined ? null : { reason };
}

/** The deployment's row, its event and the job that prepares it; under the endpoint's lock. */
export async function acceptDeployment(
  { clock, jobs }: Pick<Parts, 'clock' | 'jobs'>,
  trx: Trx,
  accepted: Because & {
    readonly endpoint: string;
    readonly engine: EngineChoice;
    readonly resolved: ServableVersion;
    /** Percent as soon as it is ready. */
    readonly wanted: number;
    readonly ground: Ground | null;
  },
): Promise<Deployment> {
  const { endpoint, engine, wanted, ground, actor } = accepted;
  const { name, number, modelId, run } = accepted.resolved;
  const version = { name, number };
  const now = clock.now();
  const id = uuidv7(now);
  const wantedTraffic = wanted === 0 ? null : wanted;
  await insertDeployment(trx, {
    ...{ id, endpoint, version, modelId, run, engine, wantedTraffic, ground },
    ...{ createdAt: now, createdBy: actor },
  });
  const data = { endpoint, version: versionRef(version), engine, wantedTraffic };
  const event = { type: 'deployment.created', subject: deploymentRef({ id }), data };
  const cause = await appendEvent(trx, { clock }, { ...event, actor, cause: accepted.cause });
  await jobs.enqueue(trx, {
    kind: PREPARE_KIND,
    key: id,
    payload: { deployment: id, cause },
    // The handler itself gives up, with a reason; the queue never does so silently.
    maxAttempts: PREPARE_TRIES * 10,
  });
  const deployment = await findDeployment(trx, id);
  if (!deployment) throw new Error(`The deployment ${id} is not there right after it was inserted.`);
  return deployment;
}
