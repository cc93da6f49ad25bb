import type { Signal } from './signal.ts';

/**
 * `open` → `cleared` (a window was clean again), `acknowledged` (it is the new normal) or `superseded` (a promotion
 * moved the reference, or the monitor began anew). All but `open` are final.
 */
export type AlertState = 'open' | 'cleared' | 'acknowledged' | 'superseded';

export const alertStates = ['open', 'cleared', 'acknowledged', 'superseded'] as const satisfies readonly AlertState[];

export interface Alert {
  readonly id: string;
  readonly endpoint: string;
  readonly signal: Signal;
  readonly state: AlertState;
  /** Those that alarm at the moment, or did last. */
  readonly features: readonly string[];
  /** Version that held stable traffic when it was opened. */
  readonly version: string | null;
  /** One sentence for people. */
  readonly summary: string;
  /** Event time: start of the window that opened it, and of the last one that alarmed. */
  readonly firstWindow: number;
  readonly lastWindow: number;
  /** Event that opened it. */
  readonly event: string;
  /** Milliseconds since the epoch, the server's clock. */
  readonly openedAt: number;
  /** Start of the window that ended it. */
  readonly endedWindow: number | null;
  readonly endedAt: number | null;
  readonly endedBy: string | null;
  readonly reason: string | null;
}

/** `alert:ID` */
export function alertRef({ id }: Pick<Alert, 'id'>): string {
  return `alert:${id}`;
}

export function sameFeatures(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
