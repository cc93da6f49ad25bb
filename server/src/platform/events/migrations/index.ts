import { sql } from 'kysely';
import type { Migration } from '../../db/database.ts';

export const eventMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-events-1',
    async up(db, dialect) {
      const seq =
        dialect === 'postgres'
          ? 'bigint generated always as identity primary key'
          : 'integer primary key autoincrement';
      // The writing transaction's number tells readers which rows may still have an open one before them.
      const xid = dialect === 'postgres' ? ', xid xid8 not null default pg_current_xact_id()' : '';
      await sql`create table events (
        seq ${sql.raw(seq)},
        id text not null unique,
        workspace text not null,
        type text not null,
        subject text not null,
        cause text,
        actor text not null,
        event_time bigint not null,
        recorded_at bigint not null,
        data text not null
        ${sql.raw(xid)}
      )`.execute(db);
      await sql`create index events_by_subject on events (workspace, subject, seq)`.execute(db);
      await sql`create index events_by_type on events (type, seq)`.execute(db);
      await sql`create table event_cursors (name text primary key, seq bigint not null)`.execute(db);
    },
  },
  {
    name: '2026-11-24-events-2',
    async up(db, dialect) {
      await sql`alter table events add column scope text`.execute(db);
      await sql`alter table events add column routine integer not null default 0`.execute(db);
      const said = dialect === 'postgres' ? "data::json ->> 'endpoint'" : "json_extract(data, '$.endpoint')";
      await sql`update events set scope = case
        when subject like 'endpoint:%' then subject
        else 'endpoint:' || (${sql.raw(said)}) end`.execute(db);
      await sql`update events set routine = 1
        where type in ('captures.stored', 'labels.stored', 'labels.joined')`.execute(db);
      await sql`create index events_by_recorded_at on events (workspace, routine, recorded_at, seq)`.execute(db);
      await sql`create index events_by_event_time on events (workspace, routine, event_time, seq)`.execute(db);
      await sql`create index events_of_scope on events (workspace, scope, routine, recorded_at, seq)
        where scope is not null`.execute(db);
      await sql`create index events_of_scope_by_event_time on events (workspace, scope, routine, event_time, seq)
        where scope is not null`.execute(db);
      await sql`create index events_of_scope_by_type on events (workspace, scope, type, recorded_at, seq)
        where scope is not null`.execute(db);
    },
  },
];
