import { type Generated, type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../clock.ts';
import type { DialectName } from '../db/database.ts';
import { uuidv7 } from '../ids.ts';
import type { NewEvent, StoredEvent } from './events.ts';
import { ownScope, routineTypes } from './scope.ts';

export interface EventTable {
  seq: Generated<number>;
  id: string;
  workspace: string;
  type: string;
  subject: string;
  cause: string | null;
  actor: string;
  event_time: number;
  recorded_at: number;
  data: string;
  /** `endpoint:flights`: what a timeline finds it under, besides its subject. */
  scope: string | null;
  /** 1: so frequent that a timeline leaves it out. */
  routine: number;
}

export interface EventTables {
  events: EventTable;
  event_cursors: { name: string; seq: number };
}

/** Writes an event in the transaction of the change that it tells of; returns its id. */
export async function appendEvent(
  trx: Transaction<EventTables>,
  { clock }: { clock: Clock },
  event: NewEvent,
): Promise<string> {
  const now = clock.now();
  const id = uuidv7(now);
  await trx
    .insertInto('events')
    .values({
      id,
      workspace: 'default',
      type: event.type,
      subject: event.subject,
      cause: event.cause ?? null,
      actor: event.actor,
      event_time: event.eventTime ?? now,
      recorded_at: now,
      data: JSON.stringify(event.data ?? {}),
      scope: ownScope(event) ?? inheritedScope(event),
      routine: routineTypes.has(event.type) ? 1 : 0,
    })
    .execute();
  return id;
}

/** That of what led to it, else that of the first event about the same thing. */
function inheritedScope({ cause = null, subject }: NewEvent) {
  return sql<string | null>`coalesce(
    (select e.scope from events as e where e.id = ${cause ?? ''}),
    (select e.scope from events as e where e.workspace = 'default' and e.subject = ${subject} order by e.seq limit 1)
  )`;
}

/**
 * Events after a sequence number, oldest first. On PostgreSQL numbers are given out before commit, so rows
 * of transactions that may still be behind an open one are left for later: nothing is ever skipped.
 */
export async function readEventsAfter(
  db: Kysely<EventTables>,
  options: { after: number; limit: number; dialect: DialectName; types?: readonly string[] | null },
): Promise<StoredEvent[]> {
  let query = db.selectFrom('events').selectAll().where('seq', '>', options.after).orderBy('seq').limit(options.limit);
  if (options.types) query = query.where('type', 'in', [...options.types]);
  if (options.dialect === 'postgres') {
    query = query.where(sql<boolean>`xid < pg_snapshot_xmin(pg_current_snapshot())`);
  }
  return (await query.execute()).map(toEvent);
}

/** What happened to one thing, oldest first. */
export async function readEventsOf(db: Kysely<EventTables>, subject: string, limit: number): Promise<StoredEvent[]> {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('workspace', '=', 'default')
    .where('subject', '=', subject)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(toEvent);
}

/** How many events were written, as far as their numbers tell: some numbers may have been skipped. */
export async function lastEventNumber(db: Kysely<EventTables>): Promise<number> {
  const row = await db.selectFrom('events').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return row?.seq ?? 0;
}

export async function readCursor(db: Kysely<EventTables>, name: string): Promise<number> {
  const row = await db.selectFrom('event_cursors').select('seq').where('name', '=', name).executeTakeFirst();
  return row?.seq ?? 0;
}

/** Moves a cursor forward; false when another replica moved it first. */
export async function moveCursor(
  trx: Transaction<EventTables>,
  name: string,
  from: number,
  to: number,
): Promise<boolean> {
  if (from === 0) {
    const inserted = await trx
      .insertInto('event_cursors')
      .values({ name, seq: to })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 1n) return true;
  }
  const { numUpdatedRows } = await trx
    .updateTable('event_cursors')
    .set({ seq: to })
    .where('name', '=', name)
    .where('seq', '=', from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** An event as it was told. */
export function toEvent(row: Omit<EventTable, 'seq' | 'scope' | 'routine'> & { seq: number }): StoredEvent {
  const { seq, id, type, subject, cause, actor, event_time, recorded_at, data } = row;
  return {
    seq,
    id,
    type,
    subject,
    cause,
    actor,
    eventTime: event_time,
    recordedAt: recorded_at,
    data: JSON.parse(data) as Record<string, unknown>,
  };
}
