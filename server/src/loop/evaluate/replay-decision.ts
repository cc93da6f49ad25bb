import { uuidv7 } from '../../platform/ids.ts';
import { ruleOn, withWork } from './decide/decide-job.ts';
import { judge } from './decide/judge.ts';
import type { DecideParts } from './decide/work.ts';
import { findDecision } from './decision.store.ts';
import { questionOf, type Verdict } from './decision.ts';
import { evaluateErrors } from './errors.ts';
import type { Evidence } from './evidence.schema.ts';

export interface Replayed {
  /** Metrics, intervals and verdict are the very same. */
  readonly identical: boolean;
  readonly verdict: { readonly recorded: Verdict | null; readonly again: Verdict };
  readonly headline: string;
  readonly differences: readonly { readonly path: string; readonly recorded: string; readonly again: string }[];
}

const MOST_DIFFERENCES = 50;

/**
 * Makes the decision again from what it was made of (frozen rows, the files of the versions, gate and seed), and
 * compares. Only the time that answers take is taken from the record: it is never the same twice. Changes nothing.
 * @throws EVALUATE_DECISION_NOT_FOUND, EVALUATE_NOT_REPLAYABLE
 */
export async function replayDecision(parts: DecideParts, id: string, signal: AbortSignal): Promise<Replayed> {
  const decision = await findDecision(parts.db.read, id);
  if (!decision) throw evaluateErrors.DECISION_NOT_FOUND({ decision: id });
  const question = questionOf(decision);
  if (!question) throw evaluateErrors.NOT_REPLAYABLE({ decision: id, reason: 'nothing was computed for it' });
  if (decision.state !== 'made') throw evaluateErrors.NOT_REPLAYABLE({ decision: id, reason: 'it is not made yet' });
  const epoch = `replay-${uuidv7()}`;
  // Its own name: a replay beside the job of another decision must not end its workers.
  const turn = {
    id: `${id}-${epoch}`,
    epoch,
    signal,
    onLine: (line: string) => parts.log.debug({ decision: id }, line),
  };
  const again = await withWork(parts, turn, (work) => ruleOn(parts, question, work));
  const now = again.evidence && decision.evidence ? withTimes(again.evidence, decision.evidence) : again.evidence;
  const { verdict, headline, reasons } =
    now && again.verdict !== 'invalid' ? judge(question, { evidence: now, invalid: [] }) : again;
  const differences = differ(
    { evidence: decision.evidence, verdict: decision.verdict, reasons: decision.reasons },
    { evidence: now, verdict, reasons },
  );
  return {
    identical: differences.length === 0,
    verdict: { recorded: decision.verdict, again: verdict },
    headline,
    differences,
  };
}

function withTimes(now: Evidence, then: Evidence): Evidence {
  const timed = (which: 'candidate' | 'champion') =>
    now[which] && { ...now[which], micros_per_row: then[which]?.micros_per_row ?? null };
  return { ...now, candidate: timed('candidate'), champion: timed('champion'), latency_ratio: then.latency_ratio };
}

/** Leaves that are not equal, by their path; numbers to the last bit. */
function differ(then: unknown, now: unknown): Replayed['differences'] {
  const before = new Map(leaves(JSON.parse(JSON.stringify(then)), ''));
  const after = new Map(leaves(JSON.parse(JSON.stringify(now)), ''));
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return paths
    .filter((path) => before.get(path) !== after.get(path))
    .slice(0, MOST_DIFFERENCES)
    .map((path) => ({ path, recorded: before.get(path) ?? 'nothing', again: after.get(path) ?? 'nothing' }));
}

function leaves(value: unknown, path: string): [string, string][] {
  if (value === null || typeof value !== 'object') return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, path === '' ? key : `${path}.${key}`));
}
