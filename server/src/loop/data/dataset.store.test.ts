import { describe, expect, test } from 'vitest';
import { databases, openTestDatabase } from '../../../test/databases.ts';
import type { BucleDatabase } from '../../database.ts';
import { type ChunkPlace, deletePack, findChunks, insertPack, storePack } from './chunk.store.ts';
import {
  findProfile,
  findVersion,
  findVersionByManifest,
  insertPendingProfile,
  insertVersion,
  listDatasets,
  listVersions,
  listVersionsOfManifest,
  updateProfile,
} from './dataset.store.ts';
import { dataMigrations } from './migrations/index.ts';

const hash = (n: number) => n.toString(16).padStart(64, '0');

const place = (n: number, pack = 'p1'): ChunkPlace => ({
  hash: hash(n),
  pack,
  at: 49 + n,
  stored: 10,
  length: 20,
  codec: 'zstd',
});

function push(db: BucleDatabase, name: string, manifest: string, time = 1_000) {
  return db.transaction(async (trx) => {
    await insertPendingProfile(trx, manifest);
    return insertVersion(trx, {
      dataset: name,
      manifest,
      files: 1,
      bytes: 5_000_000_000,
      message: null,
      created_at: time,
      created_by: 'ana',
    });
  });
}

const version = (name: string, number: number, id: string, created_at = 1_000) => ({
  ...{ name, number, id, files: 1, bytes: 5_000_000_000, message: null, created_at, created_by: 'ana' },
  ...{ profile: { state: 'pending', reason: null }, rows: null },
});

describe.each(databases)('datasets on $name', (kind) => {
  const open = () => openTestDatabase(kind, dataMigrations);

  test('versions of one dataset are numbered 1, 2, …, and found by number, as the latest, and by their manifest', async () => {
    await using db = await open();
    expect(await push(db, 'flights', hash(1))).toBe(1);
    expect(await push(db, 'flights', hash(2), 2_000)).toBe(2);
    expect(await push(db, 'weather', hash(2))).toBe(1);
    expect(await findVersion(db.read, 'flights', 1)).toEqual(version('flights', 1, hash(1)));
    expect(await findVersion(db.read, 'flights', null)).toEqual(version('flights', 2, hash(2), 2_000));
    expect(await findVersion(db.read, 'flights', 3)).toBeUndefined();
    expect(await findVersionByManifest(db.read, 'flights', hash(1))).toEqual(version('flights', 1, hash(1)));
    expect(await findVersionByManifest(db.read, 'weather', hash(1))).toBeUndefined();
    expect((await listVersionsOfManifest(db.read, hash(2))).map(({ name, number }) => [name, number])).toEqual([
      ['flights', 2],
      ['weather', 1],
    ]);
  });

  test('lists are in pages', async () => {
    await using db = await open();
    for (const [i, name] of ['a', 'b', 'b', 'b', 'c'].entries()) await push(db, name, hash(i));
    expect(await listDatasets(db.read, { after: '', limit: 2 })).toEqual([
      { name: 'a', versions: 1, latest: version('a', 1, hash(0)) },
      { name: 'b', versions: 3, latest: version('b', 3, hash(3)) },
    ]);
    expect((await listDatasets(db.read, { after: 'b', limit: 2 })).map(({ name }) => name)).toEqual(['c']);
    const numbers = async (before: number | null) =>
      (await listVersions(db.read, 'b', { before, limit: 2 })).map(({ number }) => number);
    expect(await numbers(null)).toEqual([3, 2]);
    expect(await numbers(2)).toEqual([1]);
  });

  test('the profile belongs to the manifest: it is computed once, and every version with it shows it', async () => {
    await using db = await open();
    await push(db, 'a', hash(1));
    await push(db, 'b', hash(1));
    expect(await db.transaction((trx) => insertPendingProfile(trx, hash(1)))).toBe(false);
    expect(await findProfile(db.read, hash(1))).toBeNull();
    const profile = { tables: [], unreadable: [] };
    await db.transaction((trx) =>
      updateProfile(trx, hash(1), { state: 'ready', row_count: 7, profile: JSON.stringify(profile) }),
    );
    expect(await findProfile(db.read, hash(1))).toEqual(profile);
    expect(await findVersion(db.read, 'b', 1)).toMatchObject({ profile: { state: 'ready', reason: null }, rows: 7 });
  });

  test('a chunk is known once its pack is stored, and is stored once', async () => {
    await using db = await open();
    await db.transaction((trx) => insertPack(trx, { id: 'p1', created_at: 1 }));
    expect(await findChunks(db.read, [hash(1)])).toEqual(new Map());
    expect(await db.transaction((trx) => storePack(trx, { id: 'p1', bytes: 99 }, [place(2), place(1)]))).toBe(2);
    expect(await findChunks(db.read, [hash(1), hash(3)])).toEqual(new Map([[hash(1), place(1)]]));
    await db.transaction((trx) => insertPack(trx, { id: 'p2', created_at: 2 }));
    expect(
      await db.transaction((trx) => storePack(trx, { id: 'p2', bytes: 99 }, [place(1, 'p2'), place(3, 'p2')])),
    ).toBe(1);
    expect((await findChunks(db.scan, [hash(1), hash(3)])).get(hash(1))).toEqual(place(1));
  });

  test('a pack that brought nothing new can be deleted, one with chunks cannot', async () => {
    await using db = await open();
    for (const id of ['p1', 'p2']) await db.transaction((trx) => insertPack(trx, { id, created_at: 1 }));
    await db.transaction((trx) => storePack(trx, { id: 'p1', bytes: 9 }, [place(1)]));
    for (const id of ['p1', 'p2']) await db.transaction((trx) => deletePack(trx, id));
    expect(await db.read.selectFrom('packs').select(['id', 'state', 'chunks']).execute()).toEqual([
      { id: 'p1', state: 'stored', chunks: 1 },
    ]);
  });

  test('five thousand chunks are stored and asked for at once', async () => {
    await using db = await open();
    await db.transaction((trx) => insertPack(trx, { id: 'p1', created_at: 1 }));
    const places = Array.from({ length: 5_000 }, (_, i) => place(i));
    expect(await db.transaction((trx) => storePack(trx, { id: 'p1', bytes: 9 }, places))).toBe(5_000);
    expect(
      (
        await findChunks(
          db.scan,
          places.map((one) => one.hash),
        )
      ).size,
    ).toBe(5_000);
  });
});
