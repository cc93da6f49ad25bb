import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { type EventTable, type EventTables, toEvent } from './event.store.ts';
import type { StoredEvent } from './events.ts';

export type EventClock = 'recorded' | 'event';

/** Where a page ended: a time of the clock, and the sequence number of an event. */
export interface EventPlace {
  readonly time: number;
  readonly seq: number;
}

export interface TimelineQuery {
  readonly clock: EventClock;
  /** `endpoint:flights`: all that belongs to it. */
  readonly scope?: string | undefined;
  /** Only events about this very thing, which has few. */
  readonly subject?: string | undefined;
  /** Milliseconds on the clock, included. */
  readonly since?: number | undefined;
  /** Not included. */
  readonly until?: number | undefined;
  readonly oldestFirst: boolean;
  /** Also what is routine. */
  readonly all: boolean;
  /** The last of the page before. */
  readonly after?: EventPlace | undefined;
  readonly limit: number;
}

export interface ScopedEvent extends StoredEvent {
  /** `endpoint:flights`; null: it belongs to none. */
  readonly scope: string | null;
}

/** What happened, in the order of a clock. Each page costs as much as it is long, however long the history. */
export async function readTimeline(db: Kysely<EventTables>, query: TimelineQuery): Promise<ScopedEvent[]> {
  const { clock, limit, oldestFirst, all } = query;
  const parts = await Promise.all((all ? [0, 1] : [0]).map((routine) => readPart(db, query, routine)));
  const sign = oldestFirst ? 1 : -1;
  const order = (one: ScopedEvent, other: ScopedEvent) =>
    sign * (timeOf(one, clock) - timeOf(other, clock) || one.seq - other.seq);
  return parts.flat().sort(order).slice(0, limit);
}

export function timeOf({ recordedAt, eventTime }: StoredEvent, clock: EventClock): number {
  return clock === 'recorded' ? recordedAt : eventTime;
}

async function readPart(db: Kysely<EventTables>, query: TimelineQuery, routine: number): Promise<ScopedEvent[]> {
  const { clock, scope, since, until, oldestFirst, after, limit } = query;
  const column = clock === 'recorded' ? 'recorded_at' : 'event_time';
  const direction = oldestFirst ? 'asc' : 'desc';
  let rows = db.selectFrom('events').selectAll().where('workspace', '=', 'default').where('routine', '=', routine);
  if (scope !== undefined) rows = rows.where('scope', '=', scope);
  if (query.subject !== undefined) rows = rows.where('subject', '=', query.subject);
  if (since !== undefined) rows = rows.where(column, '>=', since);
  if (until !== undefined) rows = rows.where(column, '<', until);
  if (after !== undefined) rows = beyond(rows, column, { after, oldestFirst });
  return (await rows.orderBy(column, direction).orderBy('seq', direction).limit(limit).execute()).map(toScoped);
}

function beyond<O>(
  rows: SelectQueryBuilder<EventTables, 'events', O>,
  column: 'recorded_at' | 'event_time',
  { after, oldestFirst }: { readonly after: EventPlace; readonly oldestFirst: boolean },
): SelectQueryBuilder<EventTables, 'events', O> {
  return rows.where(({ eb, refTuple, tuple }) =>
    eb(refTuple(column, 'seq'), oldestFirst ? '>' : '<', tuple(after.time, sql<number>`${after.seq}`)),
  );
}

/** Those of these ids that are events. */
export async function findEvents(db: Kysely<EventTables>, ids: readonly string[]): Promise<StoredEvent[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute();
  return rows.map(toEvent);
}

export interface LastEventQuery {
  /** `endpoint:flights` */
  readonly scope: string;
  readonly type: string;
  /** Milliseconds, the server's clock, included. */
  readonly until: number;
}

/** The newest event of a type up to a moment of the server's clock. */
export async function findLastEvent(
  db: Kysely<EventTables>,
  { scope, type, until }: LastEventQuery,
): Promise<StoredEvent | undefined> {
  const row = await db
    .selectFrom('events')
    .selectAll()
    .where('workspace', '=', 'default')
    .where('scope', '=', scope)
    .where('type', '=', type)
    .where('recorded_at', '<=', until)
    .orderBy('recorded_at', 'desc')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toEvent(row);
}

function toScoped(row: Omit<EventTable, 'seq'> & { readonly seq: number }): ScopedEvent {
  return { ...toEvent(row), scope: row.scope };
}
