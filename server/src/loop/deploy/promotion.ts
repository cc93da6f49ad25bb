import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { findDecision, recordFirst, recordOverride } from '../evaluate/index.ts';
import { findDeployment } from './deployment.store.ts';
import { type Deployment, versionRef } from './deployment.ts';
import { type Endpoint, endpointRef } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import type { Because } from './record-transition.ts';
import type { Traffic } from './traffic.ts';

type Parts = Pick<Context, 'clock'>;

/** On what another version may take over: a decision, or somebody's own reason. */
export interface Ground {
  /** Id of a decision that says promote. */
  readonly decision?: string | undefined;
  /** Why it is done without one: kept as an override, with whoever says it. */
  readonly reason?: string | undefined;
}

/**
 * Who holds stable traffic by this split: the largest share. Where several have it, whoever held it before, else the
 * oldest; null when nobody has any.
 */
export function stableOf(traffic: Traffic, before: string | null): string | null {
  const most = Math.max(0, ...Object.values(traffic));
  const largest = Object.keys(traffic).filter((id) => most > 0 && traffic[id] === most);
  if (before !== null && largest.includes(before)) return before;
  return largest.sort()[0] ?? null;
}

/**
 * Whether it is a promotion that this deployment takes over: another version than the one that holds stable traffic.
 * The same version in another deployment is none.
 */
export async function isPromotion(
  trx: Trx,
  { stable }: Pick<Endpoint, 'stable'>,
  { id, version }: Pick<Deployment, 'id' | 'version'>,
): Promise<boolean> {
  if (stable === null || stable === id) return false;
  const former = await findDeployment(trx, stable);
  return !former || versionRef(former.version) !== versionRef(version);
}

/**
 * The decision on which a version comes to hold stable traffic: the one that is given, else one that is recorded now.
 * The first version of an endpoint needs none. Returns its id.
 * @throws DEPLOY_NEEDS_DECISION, DEPLOY_DECISION_UNFIT, DEPLOY_DECISION_NOT_FOUND
 */
export async function justifyPromotion(
  trx: Trx,
  parts: Parts,
  {
    endpoint,
    version,
    decision,
    reason,
    ...because
  }: Because & Ground & { readonly endpoint: Endpoint; readonly version: string },
): Promise<string> {
  const { name } = endpoint;
  const champion = await championOf(trx, endpoint);
  await checkGround(trx, { endpoint, version, decision, reason });
  if (decision !== undefined) return decision.replace(/^decision:/, '');
  const record = { subject: endpointRef(name), candidate: version, champion, ...because };
  if (reason !== undefined) return (await recordOverride(trx, parts, { ...record, reason })).id;
  return (await recordFirst(trx, parts, record)).id;
}

/** The same question before anything is recorded. @throws as {@link justifyPromotion} */
export async function checkGround(
  trx: Trx,
  { endpoint, version, decision, reason }: Ground & { readonly endpoint: Endpoint; readonly version: string },
): Promise<void> {
  const { name } = endpoint;
  if (decision !== undefined) {
    await checkDecision(trx, { decision, version, champion: await championOf(trx, endpoint), endpoint: name });
  } else if (reason === undefined && endpoint.stable !== null) {
    throw deployErrors.NEEDS_DECISION({ endpoint: name, version: shortRef(version) });
  }
}

/** `version:flights/3` of what holds stable traffic; null: nobody does. */
async function championOf(trx: Trx, { stable }: Pick<Endpoint, 'stable'>): Promise<string | null> {
  const deployment = stable === null ? undefined : await findDeployment(trx, stable);
  return deployment ? versionRef(deployment.version) : null;
}

interface DecisionCheck {
  readonly decision: string;
  readonly version: string;
  readonly champion: string | null;
  readonly endpoint: string;
}

/** @throws DEPLOY_DECISION_NOT_FOUND, DEPLOY_DECISION_UNFIT */
async function checkDecision(trx: Trx, { decision: id, version, champion, endpoint }: DecisionCheck): Promise<void> {
  const found = await findDecision(trx, id.replace(/^decision:/, ''));
  if (!found) throw deployErrors.DECISION_NOT_FOUND({ decision: id });
  const problem = decisionProblem(found, { version, champion, subject: endpointRef(endpoint) });
  if (problem !== null) throw deployErrors.DECISION_UNFIT({ decision: id, version: shortRef(version), problem });
}

function decisionProblem(
  found: {
    readonly subject: string;
    readonly state: string;
    readonly verdict: string | null;
    readonly candidate: string;
    readonly champion: string | null;
  },
  wanted: { readonly subject: string; readonly version: string; readonly champion: string | null },
): string | null {
  if (found.subject !== wanted.subject) return `it is about ${found.subject}, not about ${wanted.subject}`;
  if (found.state !== 'made') return `it is not made yet, but ${found.state}`;
  if (found.verdict !== 'promote') return `its verdict is ${found.verdict}, not promote`;
  if (found.candidate !== wanted.version) return `its candidate is ${found.candidate}, not ${wanted.version}`;
  if (found.champion !== wanted.champion) {
    return `it compares with ${found.champion ?? 'nobody'}, but ${wanted.champion ?? 'nobody'} holds stable traffic now`;
  }
  return null;
}

/** Tells that another version holds stable traffic from now on. */
export async function recordPromotion(
  trx: Trx,
  parts: Parts,
  {
    endpoint,
    to,
    decision,
    rollout,
    ...because
  }: Because & {
    readonly endpoint: Pick<Endpoint, 'name' | 'stable'>;
    readonly to: Pick<Deployment, 'id' | 'version'>;
    readonly decision: string;
    readonly rollout: string | null;
  },
): Promise<string> {
  const data = { from: endpoint.stable, to: to.id, version: versionRef(to.version), decision, rollout };
  return appendEvent(trx, parts, {
    ...{ type: 'endpoint.promoted', subject: endpointRef(endpoint.name), data },
    ...because,
  });
}

function shortRef(version: string): string {
  return version.replace(/^version:/, '');
}
