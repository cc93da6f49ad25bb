import { formatDuration } from '../../platform/duration.ts';
import { DAY_MS, formatMoment, type Policy, YEAR_MS } from './policy.ts';
import { alertsOf, count, type Facts, firingsOf, isNews } from './triggers.ts';
import { type FiringFact, labelledBetween, type World } from './world.ts';

/** Something that keeps a policy from firing although a trigger wants it. */
export interface Hold {
  /** Equal for the same reason, whatever the numbers in its text. */
  readonly code: string;
  readonly text: string;
}

/** All reasons not to fire. A person who asks is kept from it only by what makes it impossible. */
export function findHolds(policy: Policy, facts: Facts): Hold[] {
  const asked = facts.occasion.kind === 'manual';
  const always = [openFiring(facts), openRollout(facts), missingRows(policy, facts)];
  const byItself = [
    paused(facts),
    sickPipe(facts),
    cooldown(policy, facts),
    budget(policy, facts),
    fewRows(policy, facts),
  ];
  return [...always, ...(asked ? [] : byItself)].filter((hold) => hold !== null);
}

/** The firings in a row that ended without a better candidate, newest last. */
export function rejectionsInARow(policy: Policy, { world, forgivenUntil }: Facts): FiringFact[] {
  const ended = firingsOf(world, policy.name).filter(
    ({ outcome, number }) => outcome !== null && number > forgivenUntil,
  );
  const lastOther = ended.findLastIndex(({ outcome }) => outcome !== 'not_better' && outcome !== 'invalid');
  return ended.slice(lastOther + 1);
}

function openFiring({ world }: Facts): Hold | null {
  const open = world.firings.find(({ outcome }) => outcome === null);
  if (!open) return null;
  return { code: `open:${open.id}`, text: `firing ${open.number} of ${open.policy} is under way` };
}

function openRollout({ world }: Facts): Hold | null {
  return world.rollout === null ? null : { code: world.rollout, text: `${world.rollout} of the endpoint is under way` };
}

function paused({ pausedBecause }: Facts): Hold | null {
  return pausedBecause === null ? null : { code: 'paused', text: `the policy is paused: ${pausedBecause}` };
}

function sickPipe({ world }: Facts): Hold | null {
  const alerts = alertsOf(world, 'data_quality');
  const [first] = alerts;
  if (!first) return null;
  const features = [...new Set(alerts.flatMap((alert) => alert.features))].slice(0, 5).join(', ');
  const of = features === '' ? '' : ` of ${features}`;
  return {
    code: `pipe:${first.id}`,
    text: `an alarm about the data${of} stands since ${formatMoment(first.since)} (alert:${first.id}): fix the pipe first`,
  };
}

function cooldown({ name, cooldownMs }: Policy, { world, eventTime }: Facts): Hold | null {
  const last = firingsOf(world, name).at(-1);
  if (last?.eventTime == null || eventTime === null) return null;
  const until = last.eventTime + cooldownMs;
  if (eventTime >= until) return null;
  return {
    code: `cooldown:${last.id}`,
    text: `cooldown until ${formatMoment(until)} (${describeSpan(cooldownMs)} after firing ${last.number})`,
  };
}

function budget({ name, budget: { firingsPerYear } }: Policy, { world, eventTime }: Facts): Hold | null {
  if (eventTime === null) return null;
  const recent = firingsOf(world, name).filter((firing) => (firing.eventTime ?? 0) > eventTime - YEAR_MS);
  const first = recent.at(-firingsPerYear);
  if (recent.length < firingsPerYear || first?.eventTime == null) return null;
  return {
    code: `budget:${first.id}`,
    text:
      `the budget of ${count(firingsPerYear)} firings a year is used up until ` +
      `${formatMoment(first.eventTime + YEAR_MS)} (a year after firing ${first.number})`,
  };
}

/** The event times that a firing would take captured rows from, as far as windows have matured. */
export function trainingSpan(
  policy: Policy,
  { maturedUntil }: Pick<World, 'maturedUntil'>,
): { readonly from: number | null; readonly until: number } | null {
  const { data } = policy;
  if (data.from !== 'captures' || maturedUntil === null) return null;
  const until = maturedUntil - data.holdoutMs;
  return { from: data.window === 'expanding' ? null : until - data.window, until };
}

function missingRows(policy: Policy, facts: Facts): Hold | null {
  const { data } = policy;
  if (data.from === 'dataset') return missingPush(policy, facts);
  const { world } = facts;
  const span = trainingSpan(policy, world);
  if (span === null || world.maturedUntil === null) {
    return { code: 'unlabelled', text: 'no window has matured labels yet, so that nothing could judge a candidate' };
  }
  if (labelledBetween(world, span.until, world.maturedUntil) === 0) {
    return { code: 'holdout', text: `no labelled row lies in the holdout from ${formatMoment(span.until)} on` };
  }
  const trained = firingsOf(world, policy.name).findLast(({ trainedUntil }) => trainedUntil !== null);
  const from = Math.max(span.from ?? Number.NEGATIVE_INFINITY, trained?.trainedUntil ?? Number.NEGATIVE_INFINITY);
  if (labelledBetween(world, from, span.until) > 0 || isNews(policy.name, facts)) return null;
  const after = trained === undefined ? '' : ` since the data of firing ${trained.number}`;
  return {
    code: `nothing_new:${trained?.id ?? ''}`,
    text: `no labelled row has matured before the holdout (${formatMoment(span.until)})${after}`,
  };
}

function missingPush({ name, data }: Policy, facts: Facts): Hold | null {
  if (facts.pushed !== null && (isNews(name, facts) || facts.occasion.kind === 'manual')) return null;
  return { code: 'no_push', text: `no version of ${data.dataset} was pushed that is new: push one` };
}

function fewRows(policy: Policy, { world }: Facts): Hold | null {
  const span = trainingSpan(policy, world);
  if (policy.data.from !== 'captures' || span === null) return null;
  const found = labelledBetween(world, span.from ?? Number.NEGATIVE_INFINITY, span.until);
  const { minimumRows } = policy.data;
  if (found >= minimumRows) return null;
  return {
    code: 'few_rows',
    text: `${count(found)} of at least ${count(minimumRows)} labelled rows have matured before the holdout`,
  };
}

function describeSpan(ms: number): string {
  return ms % DAY_MS === 0 ? `${ms / DAY_MS} d` : formatDuration(ms);
}
