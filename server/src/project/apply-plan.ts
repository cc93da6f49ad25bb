import { failpoint } from '../platform/config/failpoint.ts';
import { BucleError } from '../platform/errors.ts';
import { appendEvent } from '../platform/events/event.store.ts';
import { projectErrors } from './errors.ts';
import type { Code, KindParts } from './kind.ts';
import { isSame, type Plan, type PlannedChange } from './plan.ts';
import { deleteOwned, writeOwned } from './project.store.ts';

export interface Applying {
  readonly plan: Plan;
  readonly code: Code | null;
  readonly allowTrafficLoss: boolean;
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause: string | null;
}

/**
 * Does what a plan says, thing by thing: each is done or not done, and a further apply goes on where one stopped.
 * Answers what was changed. @throws PROJECT_REFUSED before anything is done, PROJECT_INTERRUPTED
 */
export async function applyPlan(parts: KindParts, applying: Applying): Promise<readonly string[]> {
  const { plan, actor } = applying;
  refuse(applying);
  const steps = plan.changes.filter(({ action }) => action !== 'keep');
  const loud = steps.filter(isLoud);
  if (steps.length === 0) return [];
  const cause = loud.length === 0 ? applying.cause : await begin(parts, applying, loud);
  const done: string[] = [];
  for (const step of steps) {
    try {
      await applyOne(parts, step, { ...applying, cause });
    } catch (error) {
      throw interrupted(error, { step, done, total: loud.length });
    }
    if (isLoud(step)) done.push(`${step.action} ${step.ref}`);
  }
  if (loud.length > 0) {
    const data = { plan: plan.id, done };
    const event = { type: 'project.applied', subject: `project:${plan.project}`, actor, cause, data };
    await parts.db.transaction((trx) => appendEvent(trx, parts, event));
  }
  return done;
}

/** True of what changes anything for anybody. */
export function isLoud({ action }: Pick<PlannedChange, 'action'>): boolean {
  return action === 'create' || action === 'change' || action === 'remove' || action === 'release';
}

function refuse({ plan, allowTrafficLoss }: Applying): void {
  const refused = plan.changes.filter(({ refused, allowable }) => refused !== null && !(allowable && allowTrafficLoss));
  if (refused.length === 0) return;
  const reasons = refused.map((change) => change.refused ?? '').join('; ');
  const hint = refused.every(({ allowable }) => allowable)
    ? 'Give its traffic to another endpoint first, or say --allow-traffic-loss.'
    : 'Name it otherwise, or take it out of the other project first.';
  throw projectErrors.REFUSED({ reasons, hint });
}

function begin(parts: KindParts, { plan, actor, cause }: Applying, loud: readonly PlannedChange[]): Promise<string> {
  const data = { plan: plan.id, changes: loud.map(({ action, ref }) => `${action} ${ref}`) };
  const event = { type: 'project.applying', subject: `project:${plan.project}`, actor, cause, data };
  return parts.db.transaction((trx) => appendEvent(trx, parts, event));
}

async function applyOne(parts: KindParts, step: PlannedChange, { plan, code, actor, cause }: Applying): Promise<void> {
  const { kind, name, action, desired } = step;
  const thing = { kind: kind.noun, name, project: plan.project };
  if (action === 'release' || action === 'forget') {
    await parts.db.transaction((trx) => deleteOwned(trx, thing));
    return;
  }
  await requireAsPlanned(parts, step);
  if (desired === null) {
    await kind.remove(parts, { name, actor, cause });
    failpoint('project:apply:object');
    await parts.db.transaction((trx) => deleteOwned(trx, thing));
    return;
  }
  const owned = { ...thing, made: step.live === null, now: parts.clock.now(), actor };
  if (action !== 'take over') {
    // Noted before: else what is made, and then not noted, would never be taken away again.
    await take(parts, { ...owned, applied: step.owned?.applied ?? null });
    failpoint('project:apply:intent');
    await kind.declare(parts, { name, spec: desired, code, actor, cause });
    failpoint('project:apply:object');
  }
  await take(parts, { ...owned, applied: desired });
}

async function take(parts: KindParts, owned: Parameters<typeof writeOwned>[1]): Promise<void> {
  const taken = await parts.db.transaction((trx) => writeOwned(trx, owned));
  if (taken) return;
  const reasons = `${owned.kind}/${owned.name} belongs to another project`;
  throw projectErrors.REFUSED({ reasons, hint: 'Name it otherwise, or take it out of the other project first.' });
}

/** Somebody may have changed it since the plan was made. @throws PROJECT_CHANGED */
async function requireAsPlanned({ db }: KindParts, { kind, name, live, ref }: PlannedChange): Promise<void> {
  const now = (await kind.list(db.read)).find((one) => one.name === name)?.spec ?? null;
  const same = now === null || live === null ? now === live : isSame(now, live);
  if (!same) throw projectErrors.CHANGED({ plan: ref });
}

function interrupted(
  error: unknown,
  { step, done, total }: { readonly step: PlannedChange; readonly done: readonly string[]; readonly total: number },
): unknown {
  if (!(error instanceof BucleError)) return error;
  if (done.length === 0) return error;
  const details = { made: done.length, total, done: done.join(', '), ref: step.ref, reason: error.message };
  return projectErrors.INTERRUPTED(details, { cause: error });
}
