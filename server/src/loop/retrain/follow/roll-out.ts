import { failpoint } from '../../../platform/config/failpoint.ts';
import { BucleError } from '../../../platform/errors.ts';
import type { RolloutView } from '../ports.ts';
import { finish, recordNote, type Step, type Stepped, wait } from './record-step.ts';

/** Brings the winner to traffic by the steps of the policy, and follows that to its end. */
export async function rollOut(step: Step): Promise<Stepped> {
  const { parts, ports, firing } = step;
  if (firing.rollout === null) return start(step);
  const rollout = await ports.findRollout(parts.db.read, firing.rollout);
  if (!rollout) throw new Error(`The rollout ${firing.rollout} is gone.`);
  return conclude(step, rollout);
}

async function start(step: Step): Promise<Stepped> {
  const { parts, ports, firing, policy } = step;
  try {
    const rollout = await ports.startRollout(parts, {
      ...{ key: `firing:${firing.id}`, endpoint: firing.endpoint, version: firing.version ?? '' },
      ...{ decision: firing.decision ?? '', plan: policy.rollout },
      ...{ actor: `policy:${policy.name}`, cause: firing.lastEvent },
    });
    failpoint('firing:rollout_started');
    await recordNote(step, { rollout: rollout.id, progress: rollout.progress });
    return 'moved';
  } catch (error) {
    // Another rollout of the endpoint is under way: its end lets this one begin.
    if (error instanceof BucleError && error.retryable) return wait(step, error.message);
    throw error;
  }
}

async function conclude(step: Step, { id, end, reason, progress }: RolloutView): Promise<Stepped> {
  const { firing } = step;
  const ref = `rollout:${id}`;
  switch (end) {
    case null:
      return wait(step, progress ?? `${ref} is under way`);
    case 'promoted':
      return finish(step, {
        outcome: 'promoted',
        summary: `${firing.version} won the gate and holds the stable traffic of ${firing.endpoint} now (${ref}).`,
        next: null,
      });
    case 'aborted':
    case 'undone':
      return finish(step, {
        outcome: 'aborted',
        summary: `${firing.version} won the gate, but its rollout was ${end} (${ref}): ${reason ?? 'no reason was given'}`,
        next: `\`bucle rollouts show ${id}\` shows what the canary met.`,
      });
  }
}
