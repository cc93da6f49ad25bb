import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { databases, openTestDatabase } from '../../../test/databases.ts';
import type { Migration } from './database.ts';
import { isUniqueViolation } from './database-errors.ts';
import { migrate } from './migrate.ts';
import { preparedQuery } from './prepared-query.ts';

interface Tables {
  notes: { id: number; text: string | null };
}

const migrations: Migration[] = [
  {
    name: '2026-01-01-notes-1',
    async up(db) {
      await db.schema
        .createTable('notes')
        .addColumn('id', 'bigint', (column) => column.primaryKey())
        .addColumn('text', 'text')
        .execute();
    },
  },
];

const insertNote = preparedQuery<Tables, { id: number; text: string | null }>((db, p) =>
  db.insertInto('notes').values({ id: p.id, text: p.text }),
);

describe.each(databases)('a database on $name', (kind) => {
  const open = () => openTestDatabase<Tables>(kind, migrations);

  test('a transaction that resolved is seen by point reads and by scans', async () => {
    await using db = await open();
    await db.transaction((trx) => trx.insertInto('notes').values({ id: 1, text: 'a' }).execute());
    const rows = [{ id: 1, text: 'a' }];
    expect(await db.read.selectFrom('notes').selectAll().execute()).toEqual(rows);
    expect(await db.scan.selectFrom('notes').selectAll().execute()).toEqual(rows);
  });

  test('of transactions that commit together, one that throws undoes only itself', async () => {
    await using db = await open();
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map((id) =>
        db.transaction(async (trx) => {
          await trx.insertInto('notes').values({ id, text: 'x' }).execute();
          if (id === 2) throw new Error('no');
          return id;
        }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const rows = await db.read.selectFrom('notes').select('id').orderBy('id').execute();
    expect(rows).toEqual([{ id: 1 }, { id: 3 }]);
  });

  test('a second row with the same key is a unique violation, and the first stays', async () => {
    await using db = await open();
    const insert = (text: string) => db.transaction((trx) => insertNote(trx, { id: 7, text }));
    await insert('first');
    const error = await insert('second').catch((caught: unknown) => caught);
    expect(isUniqueViolation(error)).toBe(true);
    expect(await db.read.selectFrom('notes').select('text').execute()).toEqual([{ text: 'first' }]);
  });

  test('a prepared query binds each call its own values, null included', async () => {
    await using db = await open();
    await db.transaction(async (trx) => {
      for (const id of [1, 2, 3]) await insertNote(trx, { id, text: id === 2 ? null : `n${id}` });
    });
    expect(await db.read.selectFrom('notes').selectAll().orderBy('id').execute()).toEqual([
      { id: 1, text: 'n1' },
      { id: 2, text: null },
      { id: 3, text: 'n3' },
    ]);
  });

  test('transactions that hold the same lock never overlap', async () => {
    await using db = await open();
    await db.transaction((trx) => insertNote(trx, { id: 1, text: '0' }));
    const increment = () =>
      db.transaction(async (trx) => {
        await db.lock(trx, 'counter');
        const { text } = await trx.selectFrom('notes').select('text').executeTakeFirstOrThrow();
        await trx
          .updateTable('notes')
          .set({ text: String(Number(text) + 1) })
          .execute();
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await db.read.selectFrom('notes').select('text').execute()).toEqual([{ text: '20' }]);
  });

  test('migrations are applied once, and a database of a newer program is refused', async () => {
    await using db = await open();
    expect(await migrate(db, migrations, () => 1)).toEqual([]);
    await expect(migrate(db, [], () => 1)).rejects.toThrow('2026-01-01-notes-1');
  });

  test('replicas that start together migrate once', async () => {
    await using db = await openTestDatabase<Tables>(kind);
    const applied = await Promise.all([migrate(db, migrations, () => 1), migrate(db, migrations, () => 1)]);
    expect(applied.flat()).toEqual(['2026-01-01-notes-1']);
  });
});

test('on SQLite a transaction inside a transaction is refused instead of waiting for itself', async () => {
  const [sqlite] = databases;
  if (!sqlite) throw new Error('SQLite is always there');
  await using db = await openTestDatabase<Tables>(sqlite, migrations);
  const nested = db.transaction(() => db.transaction(async () => 1));
  await expect(nested).rejects.toThrow('pass the outer `trx` down');
});

test('on SQLite a long scan does not hold up a write', async () => {
  const [sqlite] = databases;
  if (!sqlite) throw new Error('SQLite is always there');
  await using db = await openTestDatabase<Tables>(sqlite, migrations);
  const order: string[] = [];
  const slow =
    sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select count(*) from n`
      .execute(db.scan)
      .then(() => order.push('scan'));
  await db.transaction((trx) => insertNote(trx, { id: 1, text: 'a' })).then(() => order.push('write'));
  await slow;
  expect(order).toEqual(['write', 'scan']);
});
