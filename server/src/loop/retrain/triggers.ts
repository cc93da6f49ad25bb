import { formatMoment, type Policy, type Trigger, type TriggerKind } from './policy.ts';
import { nextOccurrence } from './schedule.ts';
import { type FiringFact, labelledBetween, type Pushed, type StandingAlert, type World } from './world.ts';

/** What made somebody look at a policy. */
export type Occasion =
  | { readonly kind: 'event'; readonly type: string; readonly subject: string }
  | { readonly kind: 'schedule' /** Event time. */; readonly due: number }
  | { readonly kind: 'webhook'; readonly subject: string }
  | { readonly kind: 'manual'; readonly actor: string; readonly reason: string | null };

/** Everything that a decision to fire may rest on. */
export interface Facts {
  readonly occasion: Occasion;
  /** Event time of the moment; null: no event time is known of the endpoint yet. */
  readonly eventTime: number | null;
  readonly world: World;
  /** Newest pushed version of the policy's dataset. */
  readonly pushed: Pushed | null;
  readonly pausedBecause: string | null;
  /** Rejections up to this firing are forgiven. */
  readonly forgivenUntil: number;
}

/** A trigger that wants the policy to fire now. */
export interface Met {
  readonly kind: TriggerKind;
  /** Half a sentence for a person. */
  readonly text: string;
  /** `alert:ID` */
  readonly ref: string | null;
}

export interface Unmet {
  readonly kind: TriggerKind;
  readonly text: string;
}

export type Judged = { readonly met: readonly Met[]; readonly unmet: readonly Unmet[] };

/** Which triggers of a policy want it to fire now, and what the others lack. */
export function judgeTriggers(policy: Policy, facts: Facts): Judged {
  const { occasion } = facts;
  const met: Met[] = [];
  const unmet: Unmet[] = [];
  if (occasion.kind === 'manual') {
    const why = occasion.reason === null ? '' : `: ${occasion.reason}`;
    met.push({ kind: 'manual', text: `${occasion.actor} asked for it${why}`, ref: null });
  }
  for (const trigger of policy.triggers) {
    const judged = judge(policy, trigger, facts);
    if (typeof judged === 'string') unmet.push({ kind: trigger.kind, text: judged });
    else met.push(...judged);
  }
  return { met, unmet };
}

/** What is met of one trigger, or what it lacks. */
function judge(policy: Policy, trigger: Trigger, facts: Facts): readonly Met[] | string {
  switch (trigger.kind) {
    case 'schedule':
      return judgeSchedule(trigger.cron, facts);
    case 'drift':
      return trigger.signal === 'data'
        ? judgeAlerts('drift', 'data drift', alertsOf(facts.world, 'data_drift'))
        : judgeAlerts('drift', 'prediction drift', alertsOf(facts.world, 'prediction_drift'));
    case 'quality':
      return judgeAlerts('quality', 'quality', alertsOf(facts.world, 'quality'));
    case 'labels':
      return judgeLabels(trigger.rows, facts);
    case 'dataset':
      return judgeDataset(policy, facts);
    case 'webhook':
      return facts.occasion.kind === 'webhook'
        ? [{ kind: 'webhook', text: 'the webhook was called', ref: null }]
        : 'the webhook was not called';
  }
}

function judgeSchedule(cron: string, { occasion, eventTime }: Facts): readonly Met[] | string {
  if (occasion.kind === 'schedule') {
    return [{ kind: 'schedule', text: `the schedule "${cron}" came to ${formatMoment(occasion.due)}`, ref: null }];
  }
  if (eventTime === null) return `the schedule "${cron}" waits for the first event time of the endpoint`;
  const next = nextOccurrence(cron, eventTime);
  return next === null
    ? `the schedule "${cron}" never comes again`
    : `the schedule comes next at ${formatMoment(next)}`;
}

/** The standing alerts of a signal; one that somebody took for the new normal stands no more. */
export function alertsOf({ alerts }: World, signal: StandingAlert['signal']): StandingAlert[] {
  return alerts.filter((alert) => alert.signal === signal);
}

function judgeAlerts(
  kind: 'drift' | 'quality',
  what: string,
  alerts: readonly StandingAlert[],
): readonly Met[] | string {
  if (alerts.length === 0) return `no alarm of ${what} stands`;
  return alerts.map(({ id, features, since }) => {
    const of = features.length === 0 ? '' : ` of ${features.slice(0, 5).join(', ')}`;
    return { kind, text: `an alarm of ${what}${of} stands since ${formatMoment(since)}`, ref: `alert:${id}` };
  });
}

function judgeLabels(rows: number, { world }: Facts): readonly Met[] | string {
  const learnt = learntUntil(world);
  const found = labelledBetween(world, learnt ?? Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  const since = learnt === null ? '' : ` since ${formatMoment(learnt)}`;
  if (found < rows) return `${count(found)} of ${count(rows)} new labelled rows have matured${since}`;
  return [{ kind: 'labels', text: `${count(found)} new labelled rows have matured${since}`, ref: null }];
}

/** Up to where the stable version saw captured rows; null: it saw none, as far as is known. */
function learntUntil({ stable, firings }: World): number | null {
  return firings.find(({ version }) => version !== null && version === stable)?.trainedUntil ?? null;
}

function judgeDataset({ name, data }: Policy, facts: Facts): readonly Met[] | string {
  const { pushed } = facts;
  if (pushed === null || !isNews(name, facts)) return `no version of ${data.dataset} was pushed that is new`;
  return [{ kind: 'dataset', text: `${data.dataset}@${pushed.number} was pushed`, ref: null }];
}

/** Whether the newest pushed version is one that this policy has not used, and that came while the endpoint served. */
export function isNews(policy: string, { pushed, world }: Pick<Facts, 'pushed' | 'world'>): boolean {
  if (pushed === null) return false;
  const used = firingsOf(world, policy).findLast(({ base }) => base !== null)?.base;
  if (used != null) return pushed.number > used;
  return world.servesSince !== null && pushed.seq > world.servesSince;
}

export function firingsOf({ firings }: Pick<World, 'firings'>, policy: string): FiringFact[] {
  return firings.filter((firing) => firing.policy === policy);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}
