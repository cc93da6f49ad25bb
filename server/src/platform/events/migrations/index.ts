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
];
