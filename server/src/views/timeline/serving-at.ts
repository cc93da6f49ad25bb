import type { Context } from '../../context.ts';
import { deploymentRef, endpointRef, findDeployment, findEndpoint, versionRef } from '../../loop/deploy/index.ts';
import { listNearestPredictions, type NearPrediction } from '../../loop/monitor/index.ts';
import { listBatches, readBatch } from '../../loop/serve/index.ts';
import { platformErrors } from '../../platform/errors.ts';
import type { StoredEvent } from '../../platform/events/events.ts';
import { findLastEvent } from '../../platform/events/timeline.store.ts';
import { formatTime } from '../lineage-node.ts';
import { plainVersion, shortId } from './thing.ts';
import type { ServingAt } from './timeline.schema.ts';
import { list } from './words.ts';

/** Requests that are looked at on either side of a moment. */
const EACH = 25;
const BATCHES = 2;

type Parts = Pick<Context, 'db' | 'blobs'>;

export interface Asked {
  readonly endpoint: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly clock: 'recorded' | 'event';
}

/** Which version an endpoint answered with at a moment. @throws PLATFORM_NOT_FOUND for an endpoint that never was */
export async function servingAt(parts: Parts, asked: Asked): Promise<ServingAt> {
  return asked.clock === 'recorded' ? byTraffic(parts, asked) : byPredictions(parts, asked);
}

/** From the events that moved traffic. */
async function byTraffic({ db }: Parts, { endpoint, at, clock }: Asked): Promise<ServingAt> {
  const last = (type: string) => findLastEvent(db.read, { scope: endpointRef(endpoint), type, until: at });
  const traffic = await last('endpoint.traffic_changed');
  const removed = await last('endpoint.removed');
  const promoted = await last('endpoint.promoted');
  if (!traffic && !removed) await requireEndpoint(db, endpoint);
  const isGone = removed !== undefined && (traffic === undefined || removed.seq > traffic.seq);
  const shares = isGone ? [] : await sharesOf(db, traffic);
  const said = isGone || shares.length === 0 ? undefined : promoted;
  const stable = shares.find((one) => one.stable)?.version ?? textOf(said, 'version');
  const base = { endpoint, at, clock, stable, traffic: shares, answered: [] };
  return {
    ...base,
    since: said?.recordedAt ?? null,
    decision: refOf('decision', textOf(said, 'decision')),
    rollout: refOf('rollout', textOf(said, 'rollout')),
    decided_by: (isGone ? removed : traffic)?.actor ?? null,
    text: tellTraffic(base, said),
  };
}

async function sharesOf(db: Parts['db'], traffic: StoredEvent | undefined): Promise<ServingAt['traffic']> {
  const after = Object.entries((traffic?.data['after'] ?? {}) as Readonly<Record<string, number>>);
  const shares = after.filter(([, share]) => share > 0).sort(([, one], [, other]) => other - one);
  const told: ServingAt['traffic'] = [];
  for (const [id, share] of shares) {
    const deployment = await findDeployment(db.read, id);
    const version = deployment ? versionRef(deployment.version) : null;
    told.push({ deployment: deploymentRef({ id }), version, share, stable: traffic?.data['stable'] === id });
  }
  return told;
}

function tellTraffic(
  { endpoint, at, stable, traffic }: Pick<ServingAt, 'endpoint' | 'at' | 'stable' | 'traffic'>,
  promoted: StoredEvent | undefined,
): string {
  const moment = `At ${formatTime(at)} UTC`;
  if (traffic.length === 0) return `${moment} ${endpoint} sent its traffic to nobody.`;
  const shares = traffic.map(({ version, deployment, share }) => `${plainVersion(version ?? deployment)} ${share} %`);
  const decision = textOf(promoted, 'decision');
  const why =
    promoted === undefined || stable === null
      ? ''
      : `; ${plainVersion(stable)} was stable since ${formatTime(promoted.recordedAt)}, by decision ${shortId(decision)}`;
  return `${moment} ${endpoint} answered with ${list(shares)}${why}.`;
}

/** From the predictions themselves: those whose event time is nearest. */
async function byPredictions(parts: Parts, asked: Asked): Promise<ServingAt> {
  const { endpoint, at, clock } = asked;
  const indexed = await listNearestPredictions(parts.db.read, { endpoint, at, each: EACH });
  const near = indexed.length > 0 ? indexed : await listNearestCaptures(parts, asked);
  if (near.length === 0) await requireEndpoint(parts.db, endpoint);
  const answered = group(near, at);
  const [nearest] = [...answered].sort((one, other) => Math.abs(one.nearest - at) - Math.abs(other.nearest - at));
  return {
    ...{ endpoint, at, clock, traffic: [], answered, stable: answered[0]?.version ?? null },
    ...{ since: null, decision: null, rollout: null, decided_by: null },
    text: nearest
      ? `Around event time ${formatTime(at)} UTC ${endpoint} answered with ${list(answered.map(tellAnswered))}; the nearest prediction is of ${formatTime(nearest.nearest)}, by ${plainVersion(nearest.version)}.`
      : `No prediction of ${endpoint} is kept with an event time at or after ${formatTime(at)} UTC.`,
  };
}

function tellAnswered({ version, predictions }: ServingAt['answered'][number]): string {
  return `${plainVersion(version)} (${predictions} of the predictions looked at)`;
}

/** Without a monitor there is no index: the first batches that reach the moment are read. */
async function listNearestCaptures(parts: Parts, { endpoint, at }: Asked): Promise<NearPrediction[]> {
  const batches = await listBatches(parts.db.read, { endpoint, from: at, limit: BATCHES });
  const found: NearPrediction[] = [];
  for (const batch of batches) {
    for (const capture of await readBatch(parts, batch)) {
      if (capture.endpoint !== endpoint) continue;
      const { id, event_time: eventTime, version, deployment } = capture;
      found.push({ id, eventTime, version, deployment });
    }
  }
  const distance = ({ eventTime }: NearPrediction) => Math.abs(eventTime - at);
  return found.sort((one, other) => distance(one) - distance(other)).slice(0, 2 * EACH);
}

function group(near: readonly NearPrediction[], at: number): ServingAt['answered'] {
  const groups = new Map<string, Map<string, NearPrediction>>();
  for (const one of near) {
    const known = groups.get(one.deployment) ?? new Map<string, NearPrediction>();
    groups.set(one.deployment, known.set(one.id, one));
  }
  return [...groups.values()]
    .flatMap((requests) => {
      const all = [...requests.values()].sort((a, b) => Math.abs(a.eventTime - at) - Math.abs(b.eventTime - at));
      const [nearest] = all;
      if (nearest === undefined) return [];
      const { id, eventTime, version, deployment } = nearest;
      const example = `prediction:${id}`;
      return [{ version, deployment, predictions: all.length, nearest: eventTime, example }];
    })
    .sort((one, other) => other.predictions - one.predictions);
}

async function requireEndpoint(db: Parts['db'], name: string): Promise<void> {
  if (await findEndpoint(db.read, name)) return;
  if (
    await findLastEvent(db.read, { scope: endpointRef(name), type: 'endpoint.removed', until: Number.MAX_SAFE_INTEGER })
  )
    return;
  throw platformErrors.NOT_FOUND({ what: 'endpoint', id: name });
}

function textOf(event: StoredEvent | undefined, member: string): string | null {
  const value = event?.data[member];
  return typeof value === 'string' ? value : null;
}

function refOf(kind: string, id: string | null): string | null {
  return id === null ? null : `${kind}:${id.replace(/^[a-z]+:/, '')}`;
}
