import { routineTypes } from '../events/scope.ts';

/** A listener outside: who is told of which events. Its secret is in the store alone. */
export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** `alert.opened`, `alert.*`, or `*` for all but what is routine. */
  readonly events: readonly string[];
  readonly active: boolean;
  /** Only events after this one, in the order of recording, are for it. */
  readonly afterSeq: number;
  readonly createdAt: number;
  readonly createdBy: string;
}

/** `pending` is tried until it is `delivered` or, after the last attempt, `dead`. */
export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** One event on its way to one webhook. */
export interface Delivery {
  readonly id: string;
  readonly webhook: string;
  readonly event: string;
  readonly type: string;
  readonly state: DeliveryState;
  /** Grows when somebody asks for it again; what was under way before is void. */
  readonly round: number;
  readonly attempts: number;
  /** When it is tried next; null: it is over. */
  readonly nextAt: number | null;
  /** HTTP status of the last answer; null: none came. */
  readonly status: number | null;
  readonly error: string | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export function webhookRef(name: string): string {
  return `webhook:${name}`;
}

/** Whether an event of this type is meant by one of the patterns; `*` leaves out what is told all the time. */
export function matchesType(patterns: readonly string[], type: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === '*') return !routineTypes.has(type);
    return pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));
  });
}

/** Whether the webhook is told of the event. */
export function isMeant(
  { active, events, afterSeq }: Webhook,
  event: { readonly seq: number; readonly type: string },
): boolean {
  return active && event.seq > afterSeq && matchesType(events, event.type);
}
