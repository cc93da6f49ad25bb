import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { DECIDE_KIND, DECIDE_TRIES } from './decide/decide-job.ts';
import { findDecisionByKey, insertDecision } from './decision.store.ts';
import { type Decision, type DecisionQuestion, decisionRef, questionOf } from './decision.ts';
import { evaluateErrors } from './errors.ts';
import { requireFit } from './gate.ts';

export interface DecisionRequest extends DecisionQuestion {
  /** Of this request: whoever sends it again gets the same decision; null: always another one. */
  readonly key: string | null;
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause: string | null;
}

/**
 * Accepts a question: when this resolves, it will be decided whatever happens to this process, and
 * `decision.made` tells of it. @throws EVALUATE_KEY_REUSED, EVALUATE_METRIC_UNFIT, EVALUATE_SAME_VERSION
 */
export async function requestDecision(
  parts: Pick<Context, 'db' | 'jobs' | 'clock'>,
  request: DecisionRequest,
): Promise<Decision> {
  const { key, actor, cause, ...question } = request;
  requireFit(question.gate, question.meaning);
  const { candidate, champion, subject, dataset } = question;
  if (candidate === champion) throw evaluateErrors.SAME_VERSION({ version: candidate });
  const now = parts.clock.now();
  const decision: Decision = {
    ...question,
    ...{ id: uuidv7(now), kind: 'evaluation', state: 'pending', verdict: null, reasons: [], evidence: null },
    headline: `${candidate} waits to be evaluated.`,
    ...{ progress: null, actor, cause, event: null, createdAt: now, madeAt: null },
  };
  const made = await parts.db.transaction(async (trx) => {
    if (!(await insertDecision(trx, decision, key))) return null;
    const event = { type: 'decision.requested', subject: decisionRef(decision), actor, cause };
    const data = { subject, candidate, champion, dataset };
    const requested = await appendEvent(trx, parts, { ...event, data });
    await parts.jobs.enqueue(trx, {
      kind: DECIDE_KIND,
      key: decision.id,
      payload: { decision: decision.id, cause: requested },
      // The handler itself gives up, with a reason; the queue never does so silently.
      maxAttempts: DECIDE_TRIES * 10,
    });
    return decision;
  });
  if (made !== null) return made;
  // Only the key can be in the way: it was asked before.
  const known = key === null ? undefined : await findDecisionByKey(parts.db.read, key);
  if (!known) throw new Error(`The decision with the key ${key} is not there although its key is taken.`);
  if (!isSameQuestion(known, question)) throw evaluateErrors.KEY_REUSED({ key, decision: known.id });
  return known;
}

function isSameQuestion(known: Decision, question: DecisionQuestion): boolean {
  const sorted = (_key: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return JSON.stringify(questionOf(known), sorted) === JSON.stringify(question, sorted);
}
