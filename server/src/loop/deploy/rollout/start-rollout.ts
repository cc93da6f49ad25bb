import type { Context } from '../../../context.ts';
import type { Trx } from '../../../database.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { appendEvent } from '../../../platform/events/event.store.ts';
import { uuidv7 } from '../../../platform/ids.ts';
import { acceptDeployment } from '../deploy-version.ts';
import { listLiveDeployments } from '../deployment.store.ts';
import { type Deployment, type EngineChoice, versionRef } from '../deployment.ts';
import { refreshDesiredState } from '../desired-state.ts';
import { findEndpoint } from '../endpoint.store.ts';
import type { Endpoint } from '../endpoint.ts';
import { deployErrors } from '../errors.ts';
import { lockEndpoint } from '../lock-endpoint.ts';
import type { ModelSource, ServableVersion } from '../model-source.ts';
import { type Ground, isPromotion, justifyPromotion } from '../promotion.ts';
import type { Because } from '../record-transition.ts';
import { requireNoRollout } from '../set-traffic.ts';
import { shiftTraffic, type Traffic } from '../traffic.ts';
import { deleteCounters } from './counters.store.ts';
import { findRollout, findRolloutByKey, insertRollout } from './rollout.store.ts';
import { defaultRollout, planProblem, type Rollout, type RolloutPlan, rolloutRef } from './rollout.ts';

/** Kind of the background job that drives a rollout. */
export const ROLLOUT_KIND = 'deploy.rollout';

/** What gateways counted so long ago says nothing about now. */
const OLD_COUNTERS_MS = 24 * 3_600_000;

export interface RolloutRequest extends Because, Ground {
  readonly endpoint: string;
  /** `flights/4`, `version:flights/4`, `flights@champion`. */
  readonly version: string;
  readonly engine?: EngineChoice;
  readonly plan?: RolloutPlan;
  /** Of whoever asks: the same key again is the same rollout. */
  readonly key: string;
}

type Parts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'> & { readonly source: ModelSource };

/**
 * Begins to bring a version to stable traffic, by a decision that promotes it, or for a reason that is kept as an
 * override. When this resolves, it goes on whatever happens to this process. Deploys the version when it is not.
 * @throws DEPLOY_ENDPOINT_NOT_FOUND, DEPLOY_PLAN_INVALID, DEPLOY_ROLLOUT_OPEN, DEPLOY_ALREADY_STABLE,
 *   DEPLOY_NEEDS_DECISION, DEPLOY_DECISION_UNFIT, DEPLOY_DECISION_NOT_FOUND, and what the version is refused with
 */
export async function startRollout(parts: Parts, request: RolloutRequest): Promise<Rollout> {
  const { plan = defaultRollout, key } = request;
  const problem = planProblem(plan);
  if (problem !== null) throw deployErrors.PLAN_INVALID({ problem });
  const known = await findRolloutByKey(parts.db.read, key);
  if (known) return known;
  const resolved = await parts.source.resolve(parts, request.version);
  failpoint('rollout:started:before');
  const started = await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, request.endpoint);
    const again = await findRolloutByKey(trx, key);
    if (again) return again;
    return insert(parts, trx, { ...request, plan, resolved });
  });
  failpoint('rollout:started:after');
  return started;
}

async function insert(
  parts: Parts,
  trx: Trx,
  request: RolloutRequest & { readonly plan: RolloutPlan; readonly resolved: ServableVersion },
): Promise<Rollout> {
  const { clock } = parts;
  const { endpoint: name, resolved, plan, key, decision: given, reason, actor, cause } = request;
  const endpoint = await findEndpoint(trx, name);
  if (!endpoint) throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: name });
  await requireNoRollout(trx, name);
  const version = versionRef(resolved);
  const stable = await requireNews(trx, endpoint, resolved);
  const because = { actor, cause };
  const decision = await justifyPromotion(trx, parts, { endpoint, version, decision: given, reason, ...because });
  const candidate = await candidateFor(parts, trx, request);
  const id = uuidv7(clock.now());
  const data = { endpoint: name, version, candidate: candidate.id, previous: stable, decision, plan };
  const event = { type: 'rollout.started', subject: rolloutRef({ id }), ...because, data };
  const lastEvent = await appendEvent(trx, { clock }, event);
  await insertRollout(trx, {
    ...{ id, key, endpoint: name, candidate: candidate.id, version, previous: stable, decision, plan },
    ...{ before: splitWithout(endpoint.traffic, candidate.id), actor, lastEvent, createdAt: clock.now() },
  });
  await parts.jobs.enqueue(trx, { kind: ROLLOUT_KIND, key: id, payload: { rollout: id }, maxAttempts: 1_000_000 });
  await deleteCounters(trx, name, clock.now() - OLD_COUNTERS_MS);
  await refreshDesiredState(parts, trx);
  const rollout = await findRollout(trx, id);
  if (!rollout) throw new Error(`The rollout ${id} is not there right after it was inserted.`);
  return rollout;
}

/** The deployment that holds stable traffic now; null: nobody. @throws DEPLOY_ALREADY_STABLE */
async function requireNews(trx: Trx, endpoint: Endpoint, resolved: ServableVersion): Promise<string | null> {
  const version = { name: resolved.name, number: resolved.number };
  if (endpoint.stable === null || (await isPromotion(trx, endpoint, { id: 'new', version }))) return endpoint.stable;
  throw deployErrors.ALREADY_STABLE({ endpoint: endpoint.name, version: `${version.name}/${version.number}` });
}

/** A living deployment of the version, one that is ready first, else a new one without traffic. */
async function candidateFor(
  parts: Parts,
  trx: Trx,
  request: RolloutRequest & { readonly resolved: ServableVersion },
): Promise<Deployment> {
  const { endpoint, resolved, engine, actor, cause } = request;
  const living = (await listLiveDeployments(trx, endpoint))
    .filter((one) => versionRef(one.version) === versionRef(resolved) && (engine ?? one.engine) === one.engine)
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  const found = living.find(({ state }) => state === 'ready') ?? living[0];
  if (found) return found;
  const accepted = { endpoint, engine: engine ?? 'auto', resolved, wanted: 0, ground: null, actor, cause };
  return acceptDeployment(parts, trx, accepted);
}

function splitWithout(traffic: Traffic, id: string): Traffic {
  const others = Object.keys(traffic).filter((other) => other !== id);
  return others.length === 0 ? {} : shiftTraffic(traffic, id, 0);
}
