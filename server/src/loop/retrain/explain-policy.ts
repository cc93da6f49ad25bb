import type { Context } from '../../context.ts';
import { type Check, listChecks } from './check.store.ts';
import { findFiring, listFirings } from './firing.store.ts';
import type { Firing } from './firing.ts';
import { requirePolicy } from './pause-policy.ts';
import { formatMoment, type StoredPolicy } from './policy.ts';

/** One thing that a policy did or left, in words. */
export interface Explained {
  readonly check: Check;
  readonly firing: Firing | null;
  /** One sentence with its event time and cause. */
  readonly text: string;
}

export interface Explanation {
  readonly stored: StoredPolicy;
  /** How it stands just now, in one sentence. */
  readonly now: string;
  /** Oldest first. */
  readonly lines: readonly Explained[];
}

/** Tells the last firings and non-firings with their causes. @throws RETRAIN_POLICY_NOT_FOUND */
export async function explainPolicy(
  { db }: Pick<Context, 'db'>,
  name: string,
  { limit, before = null }: { readonly limit: number; readonly before?: string | null },
): Promise<Explanation> {
  const stored = await requirePolicy({ db }, name);
  const checks = await listChecks(db.scan, name, { before, limit });
  const lines: Explained[] = [];
  for (const check of checks.reverse()) {
    const firing = check.firing === null ? null : ((await findFiring(db.read, check.firing)) ?? null);
    lines.push({ check, firing, text: sentence(check, firing) });
  }
  const [last] = await listFirings(db.read, { policy: name, limit: 1 });
  return { stored, now: standing(stored, last), lines };
}

function sentence(check: Check, firing: Firing | null): string {
  const when = spanOf(check);
  const times = check.times === 1 ? '' : ` (${check.times} looks)`;
  const after = firing === null ? '' : ` → ${endOf(firing)}`;
  return `${when}: ${check.summary}${times}${after}`;
}

function spanOf({ firstEventTime, lastEventTime, lastAt }: Check): string {
  if (lastEventTime === null) return formatMoment(lastAt);
  const last = formatMoment(lastEventTime);
  if (firstEventTime === null || firstEventTime === lastEventTime) return last;
  return `${formatMoment(firstEventTime)} to ${last}`;
}

function endOf({ number, state, outcome, summary, progress }: Firing): string {
  if (outcome === null)
    return `firing ${number} is ${state.replace('_', ' ')}${progress === null ? '' : `: ${progress}`}`;
  return `firing ${number}: ${outcome.replace('_', ' ')}. ${summary ?? ''}`.trimEnd();
}

function standing({ policy, paused, version }: StoredPolicy, last: Firing | undefined): string {
  const name = `Policy ${policy.name} (version ${version}) of ${policy.endpoint}`;
  if (paused !== null) {
    return `${name} is paused by ${paused.by}: ${paused.reason}. \`bucle policies resume ${policy.name}\` lets it fire again.`;
  }
  if (last === undefined) return `${name} has not fired yet.`;
  return `${name}: the last was ${endOf(last)}`;
}
