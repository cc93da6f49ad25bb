import type { Context } from '../../../context.ts';
import type { Trx } from '../../../database.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { appendEvent } from '../../../platform/events/event.store.ts';
import type { JobRun } from '../../../platform/jobs/jobs.ts';
import { moveFiring, noteFiring } from '../firing.store.ts';
import type { Firing, FiringState } from '../firing.ts';
import { firingRef, type Policy, policyActor } from '../policy.ts';
import type { RetrainPorts } from '../ports.ts';
import type { Outcome } from '../world.ts';

/** What every step of a firing works with. */
export interface Step {
  readonly parts: Context;
  readonly ports: RetrainPorts;
  readonly run: JobRun;
  readonly firing: Firing;
  /** The version of the policy that fired. */
  readonly policy: Policy;
}

/** `moved`: look at it again at once. Else it waits, and is looked at again soon. */
export type Stepped = 'moved' | 'waiting';

type Columns = Omit<Parameters<typeof moveFiring>[3], 'state' | 'changed_at'>;

interface Transition {
  readonly to: FiringState;
  readonly columns?: Columns;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** One transition in a transaction of its own, fenced, with its event. */
export async function recordStep(step: Step, transition: Transition): Promise<Stepped> {
  const { parts, run } = step;
  failpoint(`firing:${transition.to}:before`);
  await parts.db.transaction(async (trx) => {
    await run.fence(trx);
    await moveInTransaction(trx, step, transition);
  });
  failpoint(`firing:${transition.to}:after`);
  return 'moved';
}

/** In the caller's transaction; false when the firing is elsewhere by now. */
export async function moveInTransaction(
  trx: Trx,
  { parts: { clock }, firing, policy }: Step,
  { to, columns = {}, data = {} }: Transition,
): Promise<boolean> {
  const { id, state, eventTime, number, endpoint } = firing;
  const now = clock.now();
  const moved = await moveFiring(trx, id, state, { ...columns, state: to, changed_at: now });
  if (!moved) return false;
  const event = await appendEvent(
    trx,
    { clock },
    {
      ...{ type: `firing.${to}`, subject: firingRef(id), actor: policyActor(policy.name), cause: firing.lastEvent },
      eventTime: eventTime ?? now,
      data: { endpoint, policy: policy.name, number, ...data },
    },
  );
  await noteFiring(trx, id, to, { last_event: event });
  return true;
}

/** Keeps what a step found out, in a transaction of its own, fenced; the firing stays in its state. */
export async function recordNote(
  { parts: { db }, run, firing }: Step,
  columns: Parameters<typeof noteFiring>[3],
): Promise<void> {
  await db.transaction(async (trx) => {
    await run.fence(trx);
    await noteFiring(trx, firing.id, firing.state, columns);
  });
}

/** Shows what a firing waits for; writes only when that is news. */
export async function wait(step: Step, progress: string): Promise<Stepped> {
  if (step.firing.progress !== progress) await recordNote(step, { progress });
  return 'waiting';
}

export interface End {
  readonly outcome: Outcome;
  /** One sentence. */
  readonly summary: string;
  /** What a person can do next; null when there is nothing to do. */
  readonly next: string | null;
}

/** The end of a firing: what came of it, in one sentence. */
export async function finish(step: Step, { outcome, summary, next }: End): Promise<Stepped> {
  const now = step.parts.clock.now();
  return recordStep(step, {
    to: 'done',
    columns: { outcome, summary, next_step: next, ended_at: now },
    data: { outcome, summary, next },
  });
}
