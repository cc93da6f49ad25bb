import type { StoredEvent } from '../../platform/events/events.ts';
import { type Policy, YEAR_MS } from './policy.ts';
import { occurrencesBetween } from './schedule.ts';
import type { Occasion } from './triggers.ts';
import { pushedBy, type World } from './world.ts';

/** A moment at which a policy is looked at. */
export interface Moment {
  readonly occasion: Occasion;
  readonly eventTime: number | null;
}

const LOOKED_AT: ReadonlySet<string> = new Set([
  'window.closed',
  'window.matured',
  'window.revised',
  'alert.opened',
  'alert.changed',
  'alert.cleared',
  'alert.acknowledged',
  'alert.superseded',
  'rollout.promoted',
  'rollout.aborted',
  'rollout.undone',
  'firing.done',
]);

/**
 * The moments that an event makes for a policy: first every time of its schedule that the event's time has passed,
 * each as a moment of its own, then the event itself when it is one to look at.
 */
export function momentsOf(policy: Policy, before: World, after: World, event: StoredEvent): Moment[] {
  const moments = dueMoments(policy, before, after.clock);
  if (isLookedAt(policy, event)) moments.push({ occasion: occasionOf(event), eventTime: after.clock });
  return moments;
}

/** The times of a policy's schedules that nobody looked at yet, up to a moment of event time. */
export function dueMoments({ triggers }: Policy, { scheduledUntil, clock }: World, until: number | null): Moment[] {
  const since = scheduledUntil ?? clock;
  if (since === null || until === null || until <= since) return [];
  // A clock that jumped over years, by one wrong event time, must not count them all out.
  const from = Math.max(since, until - 2 * YEAR_MS);
  const due = triggers.flatMap((trigger) =>
    trigger.kind === 'schedule' ? occurrencesBetween(trigger.cron, from, until) : [],
  );
  return [...new Set(due)]
    .sort((a, b) => a - b)
    .map((at) => ({ occasion: { kind: 'schedule', due: at }, eventTime: at }));
}

function isLookedAt({ name, data }: Policy, event: StoredEvent): boolean {
  if (event.type === 'policy.webhook') return event.subject === `policy:${name}`;
  if (event.type === 'dataset.version.created') return pushedBy(event)?.dataset === data.dataset;
  return LOOKED_AT.has(event.type);
}

function occasionOf({ type, subject }: StoredEvent): Occasion {
  return type === 'policy.webhook' ? { kind: 'webhook', subject } : { kind: 'event', type, subject };
}
