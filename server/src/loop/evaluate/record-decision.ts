import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { insertDecision, noteEvent } from './decision.store.ts';
import { type Decision, decisionRef } from './decision.ts';

type Parts = Pick<Context, 'clock'>;

interface Said {
  /** What changes: `endpoint:flights`. */
  readonly subject: string;
  /** `version:flights/4` */
  readonly candidate: string;
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause: string | null;
}

export interface Override extends Said {
  readonly champion: string | null;
  /** Why, in the words of who did it. */
  readonly reason: string;
}

/** A promotion that somebody answers for by name instead of by data; in the transaction of the promotion. */
export async function recordOverride(trx: Trx, parts: Parts, override: Override): Promise<Decision> {
  const { candidate, champion, reason, actor, subject } = override;
  const instead = champion === null ? '' : ` instead of ${champion}`;
  return record(trx, parts, {
    ...override,
    kind: 'override',
    headline: `${actor} promoted ${candidate} on ${subject}${instead}: ${reason}`,
    reasons: [reason, 'It was not evaluated against the champion: a person or policy answers for it.'],
  });
}

/** The version that an endpoint begins with: there is nobody to compare it with. */
export async function recordFirst(trx: Trx, parts: Parts, first: Said): Promise<Decision> {
  const { candidate, subject } = first;
  return record(trx, parts, {
    ...{ ...first, champion: null, kind: 'first' },
    headline: `${candidate} is the first version on ${subject}.`,
    reasons: [`${subject} had no version: nothing could be compared.`],
  });
}

async function record(
  trx: Trx,
  parts: Parts,
  {
    kind,
    subject,
    candidate,
    champion,
    headline,
    reasons,
    actor,
    cause,
  }: Omit<Said, 'reason'> & Pick<Decision, 'kind' | 'champion' | 'headline' | 'reasons'>,
): Promise<Decision> {
  const now = parts.clock.now();
  const decision: Decision = {
    ...{ id: uuidv7(now), kind, state: 'made', verdict: 'promote', headline, reasons, evidence: null },
    ...{ subject, candidate, champion, dataset: null, meaning: null, columns: null, gate: null },
    ...{ progress: null, actor, cause, event: null, createdAt: now, madeAt: now },
  };
  await insertDecision(trx, decision, null);
  const event = await announceDecision(trx, parts, decision, { actor, cause });
  return { ...decision, event };
}

/** Tells of a decision that was just made; answers the id of the event. */
export async function announceDecision(
  trx: Trx,
  parts: Parts,
  { id, kind, subject, verdict, candidate, champion, headline }: Decision,
  because: { readonly actor: string; readonly cause: string | null },
): Promise<string> {
  const data = { kind, subject, verdict, candidate, champion, headline };
  const event = await appendEvent(trx, parts, {
    type: 'decision.made',
    subject: decisionRef({ id }),
    data,
    ...because,
  });
  await noteEvent(trx, id, event);
  return event;
}
