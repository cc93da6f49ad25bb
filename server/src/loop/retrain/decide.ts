import { findHolds, rejectionsInARow } from './holds.ts';
import type { Policy } from './policy.ts';
import { type Facts, judgeTriggers, type Met } from './triggers.ts';

/**
 * `fire`: start a firing. `hold`: a trigger wants it, and something speaks against it. `idle`: nothing wants it.
 * `pause`: so many candidates in a row were rejected that a person should look.
 */
export type VerdictKind = 'fire' | 'hold' | 'idle' | 'pause';

export interface Verdict {
  readonly kind: VerdictKind;
  /** Equal for the same verdict for the same reason: such checks are kept as one. */
  readonly code: string;
  /** The triggers that are met. */
  readonly met: readonly Met[];
  /** One sentence for a person, without its subject: `did not fire on …: …`. */
  readonly text: string;
  readonly reasons: readonly string[];
}

/** Whether a policy fires now. Pure: the live check and the replay over history both ask here. */
export function decide(policy: Policy, facts: Facts): Verdict {
  const rejected = rejectionsInARow(policy, facts);
  const { met, unmet } = judgeTriggers(policy, facts);
  const isAsked = facts.occasion.kind === 'manual';
  if (rejected.length >= policy.budget.rejectionsInARow && facts.pausedBecause === null && !isAsked) {
    const numbers = rejected.map(({ number }) => number).join(', ');
    const reason = `the last ${rejected.length} candidates were not better (firings ${numbers})`;
    return {
      kind: 'pause',
      code: `pause:${rejected.at(-1)?.id}`,
      met,
      text: `paused itself: ${reason}`,
      reasons: [reason],
    };
  }
  if (met.length === 0) {
    const reasons = unmet.map(({ text }) => text);
    const lack = reasons.length === 0 ? 'it has no trigger but a person' : reasons.join('; ');
    const code = `idle:${unmet.map(({ kind }) => kind).join('+')}`;
    return { kind: 'idle', code, met, text: `did not fire: ${lack}`, reasons };
  }
  const wants = met.map(({ text, ref }) => (ref === null ? text : `${text} (${ref})`)).join('; ');
  const wanted = met.map(({ kind, ref }) => ref ?? kind).join('+');
  const holds = findHolds(policy, facts);
  if (holds.length === 0)
    return { kind: 'fire', code: `fire:${wanted}`, met, text: `fired: ${wants}`, reasons: [wants] };
  const reasons = holds.map(({ text }) => text);
  return {
    kind: 'hold',
    code: `hold:${wanted}|${holds.map(({ code }) => code).join('+')}`,
    met,
    text: `did not fire although ${wants}: ${reasons.join('; ')}`,
    reasons,
  };
}
