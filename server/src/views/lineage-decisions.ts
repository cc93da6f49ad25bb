import { deploymentRef, findRollout, rolloutRef } from '../loop/deploy/index.ts';
import { type Decision, decisionRef, findDecision } from '../loop/evaluate/index.ts';
import { platformErrors } from '../platform/errors.ts';
import { readEventsOf } from '../platform/events/event.store.ts';
import { findEvents } from '../platform/events/timeline.store.ts';
import { type Found, formatTime, type LineageParts, nameIn, phrase, type Upstream } from './lineage-node.ts';

/** @throws PLATFORM_NOT_FOUND */
export async function decisionNode(parts: LineageParts, ref: string): Promise<Found> {
  const decision = await findDecision(parts.db.read, nameIn(ref));
  if (!decision) throw platformErrors.NOT_FOUND({ what: 'decision', id: nameIn(ref) });
  const { kind, state, verdict, headline, subject, candidate, champion, dataset, reasons, actor, madeAt } = decision;
  return {
    node: {
      kind: 'decision',
      ref: decisionRef(decision),
      summary: phrase(verdict ?? state, headline, `by ${actor}`, madeAt !== null && `made ${formatTime(madeAt)}`),
      facts: {
        ...{ kind, state, verdict, subject, candidate, champion, dataset, reasons: [...reasons], actor },
        ...{ created_at: decision.createdAt, made_at: madeAt },
      },
      missing: null,
    },
    upstream: [...judged(decision), ...(await firingBehind(parts, 'asked for by', decision.cause))],
  };
}

function judged({ candidate, champion, dataset }: Decision): Upstream[] {
  return [
    { relation: 'judged', ref: candidate },
    ...(champion === null ? [] : [{ relation: 'against', ref: champion }]),
    ...(dataset === null ? [] : [{ relation: 'on', ref: dataset }]),
  ];
}

/** @throws PLATFORM_NOT_FOUND */
export async function rolloutNode({ db }: LineageParts, ref: string): Promise<Found> {
  const rollout = await findRollout(db.read, nameIn(ref));
  if (!rollout) throw platformErrors.NOT_FOUND({ what: 'rollout', id: nameIn(ref) });
  const { endpoint, candidate, version, previous, decision, state, reason, held, actor, createdAt, endedAt } = rollout;
  return {
    node: {
      kind: 'rollout',
      ref: rolloutRef(rollout),
      summary: phrase(state, `${version.replace(/^version:/, '')} on ${endpoint}`, reason ?? held?.text, `by ${actor}`),
      facts: { endpoint, version, previous, state, reason, actor, created_at: createdAt, ended_at: endedAt },
      missing: null,
    },
    upstream: [
      { relation: 'rolls out', ref: deploymentRef({ id: candidate }) },
      { relation: 'stands on', ref: decisionRef({ id: decision }) },
    ],
  };
}

/** The firing of a policy that led to something, when one did. */
export async function firingBehind(
  { db }: Pick<LineageParts, 'db'>,
  relation: string,
  cause: string | null,
): Promise<Upstream[]> {
  if (cause === null || cause.includes(':')) return [];
  const [event] = await findEvents(db.read, [cause]);
  return event?.subject.startsWith('firing:') ? [{ relation, ref: event.subject }] : [];
}

/** The firing that made a thing which has no cause of its own, by the event that tells of its making. */
export async function firingThatMade(
  parts: Pick<LineageParts, 'db'>,
  relation: string,
  ref: string,
): Promise<Upstream[]> {
  const [made] = await readEventsOf(parts.db.read, ref, 1);
  return firingBehind(parts, relation, made?.cause ?? null);
}
