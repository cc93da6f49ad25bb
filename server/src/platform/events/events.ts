import type { Transaction } from 'kysely';
import type { EventTables } from './event.store.ts';

export interface NewEvent {
  /** `run.created`, `deployment.ready`: noun and what happened to it. */
  readonly type: string;
  /** What it is about: `run:…`, `version:flights/3`. */
  readonly subject: string;
  /** Event or request that led to it. */
  readonly cause?: string | null;
  /** Token or policy that did it. */
  readonly actor: string;
  /** When it happened in the users' world; absent: now. */
  readonly eventTime?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface StoredEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly cause: string | null;
  readonly actor: string;
  readonly eventTime: number;
  readonly recordedAt: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A durable reader with a cursor of its own: each event at least once, in order. */
export interface Subscription {
  readonly name: string;
  /** null: of every type. */
  readonly types: readonly string[] | null;
  /** Which of the new ones it has anything to do with; those that it passes over cost next to nothing. Absent: all. */
  readonly choose?: (events: readonly StoredEvent[]) => Promise<readonly StoredEvent[]>;
  /** Runs in the transaction that moves the cursor; a throw leaves the event for later. */
  handle(event: StoredEvent, trx: Transaction<EventTables>): Promise<void>;
}
