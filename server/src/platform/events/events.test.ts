import { describe, expect, test, vi } from 'vitest';
import { databases, openTestDatabase } from '../../../test/databases.ts';
import { manualClock } from '../clock.ts';
import { appendEvent, type EventTables, readEventsAfter, readEventsOf } from './event.store.ts';
import type { StoredEvent, Subscription } from './events.ts';
import { eventMigrations } from './migrations/index.ts';
import { deliverBatch } from './run-subscriptions.ts';

describe.each(databases)('events on $name', (kind) => {
  const clock = manualClock();
  const open = () => openTestDatabase<EventTables>(kind, eventMigrations);
  const event = (subject: string) => ({ type: 'thing.made', subject, actor: 'test', data: { n: 1 } });

  test('an event exists if and only if its transaction committed, with its cause and both times', async () => {
    await using db = await open();
    const failed = db.transaction(async (trx) => {
      await appendEvent(trx, { clock }, event('run:1'));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await db.transaction((trx) => appendEvent(trx, { clock }, { ...event('run:1'), cause: 'job:7', eventTime: 5 }));
    expect(await readEventsOf(db.read, 'run:1', 10)).toEqual([
      {
        seq: expect.any(Number),
        id: expect.any(String),
        type: 'thing.made',
        subject: 'run:1',
        cause: 'job:7',
        actor: 'test',
        eventTime: 5,
        recordedAt: clock.now(),
        data: { n: 1 },
      },
    ]);
  });

  test('a subscription sees each event in order, and again when its handler threw', async () => {
    await using db = await open();
    const seen: string[] = [];
    let failures = 1;
    const subscription: Subscription = {
      name: 'reader',
      types: ['thing.made'],
      async handle({ subject }: StoredEvent) {
        if (subject === 'b' && failures > 0) {
          failures -= 1;
          throw new Error('not now');
        }
        seen.push(subject);
      },
    };
    for (const subject of ['a', 'b', 'c']) await db.transaction((trx) => appendEvent(trx, { clock }, event(subject)));
    await db.transaction((trx) => appendEvent(trx, { clock }, { ...event('other'), type: 'other.made' }));
    // PostgreSQL tells them once older transactions have ended, also those of other tests.
    const told = () => readEventsAfter(db.read, { after: 0, limit: 10, dialect: db.dialect });
    await vi.waitUntil(async () => (await told()).length === 4, { timeout: 60_000 });
    await expect(deliverBatch(db, subscription)).rejects.toThrow('not now');
    expect(await deliverBatch(db, subscription)).toBe(true);
    expect(await deliverBatch(db, subscription)).toBe(false);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  // SQLite has one writer: there is no later transaction that could commit first.
  if (kind.name === 'PostgreSQL') {
    test('an event whose transaction commits late is not skipped', async () => {
      await using db = await open();
      const seen: string[] = [];
      const subscription: Subscription = {
        name: 'r',
        types: ['thing.made'],
        handle: async ({ subject }) => void seen.push(subject),
      };
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      let early = () => {};
      const written = new Promise<void>((resolve) => {
        early = resolve;
      });
      const late = db.transaction(async (trx) => {
        await appendEvent(trx, { clock }, event('late'));
        early();
        await gate;
      });
      await written;
      await db.transaction((trx) => appendEvent(trx, { clock }, event('soon')));
      await deliverBatch(db, subscription);
      expect(seen).toEqual([]);
      release();
      await late;
      await vi.waitUntil(async () => (await deliverBatch(db, subscription)) || seen.length > 1, { timeout: 60_000 });
      expect(seen).toEqual(['late', 'soon']);
    });
  }
});
