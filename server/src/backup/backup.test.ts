import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blobKinds, hasBlobs } from '../../test/blob-stores.ts';
import { databases } from '../../test/databases.ts';
import { type TestApp, testApp } from '../../test/test-app.ts';
import { loadStages } from '../loop/index.ts';
import { allMigrations, openContext } from '../open-context.ts';
import { openBlobs } from '../platform/blobs/open-blobs.ts';
import { systemClock } from '../platform/clock.ts';
import type { BlobConfig, DatabaseConfig } from '../platform/config/config.ts';
import { openTableSnapshot } from '../platform/db/tables/table-snapshot.ts';
import { createLog } from '../platform/log.ts';
import { openBackup, placesIn } from './backup-folder.ts';
import { backUp, migrateData, restoreBackup, verifyBackup } from './index.ts';

const stages = await loadStages();
const migrations = allMigrations(stages);
const progress = () => {};

async function tempFolder() {
  const path = await mkdtemp(join(tmpdir(), 'bucle-backup-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** One run with a metric, a param with letters that need care, an artifact, and an experiment of its own. */
async function record({ client, context }: TestApp): Promise<string> {
  const post = <T>(path: string, json: object) => client.request<T>('POST', `/api/2.0/mlflow/${path}`, { json });
  const { experiment_id } = await post<{ experiment_id: string }>('experiments/create', { name: 'Ünï "q" 😀' });
  const { run } = await post<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id });
  const { run_id } = run.info;
  const points = [0.1, 1e300, -1.5e-12].map((value, step) => ({
    key: 'loss',
    value,
    step,
    timestamp: 1_700_000_000 + step,
  }));
  await post('runs/log-batch', { run_id, metrics: points, params: [{ key: 'a', value: 'line\nline\ttab' }] });
  await context.blobs.put(`artifacts/${experiment_id}/${run_id}/artifacts/model.bin`, Buffer.alloc(70_000, 7));
  await context.blobs.put(`artifacts/${experiment_id}/${run_id}/artifacts/ä ö.txt`, Buffer.from('hello'));
  return run_id;
}

async function readRun(database: DatabaseConfig, blobs: BlobConfig, id: string) {
  await using folder = await tempFolder();
  const config = { ...(await configOf(folder.path)), database, blobs };
  await using context = await openContext(config, stages, { log: createLog('silent', 'test') });
  const { findRun } = await import('../loop/track/index.ts');
  const run = await findRun(context.db.read, id);
  const artifact = await context.blobs.head(`artifacts/${run?.experiment}/${id}/artifacts/model.bin`);
  const [event] = await context.db.read.selectFrom('events').select('seq').orderBy('seq', 'desc').limit(1).execute();
  const next = await context.db.transaction(async (trx) => {
    const { appendEvent } = await import('../platform/events/event.store.ts');
    await appendEvent(trx, context, { type: 'run.created', subject: 'run:x', actor: 'test' });
    return trx.selectFrom('events').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirstOrThrow();
  });
  return { run, artifact, grows: next.seq > (event?.seq ?? 0) };
}

async function countRows(backup: string, table: string, type: string): Promise<number> {
  const folder = await openBackup(backup);
  const shape = folder.tables.find(({ name }) => name === table);
  let count = 0;
  if (shape === undefined) return count;
  const at = shape.columns.findIndex(({ name }) => name === 'type');
  for await (const rows of folder.rows(shape)) count += rows.filter((row) => row[at] === type).length;
  return count;
}

async function configOf(data: string) {
  const { parseConfig } = await import('../platform/config/config.ts');
  const { readSettings } = await import('../platform/config/settings.ts');
  return parseConfig(readSettings({}, { data, logLevel: 'silent' }));
}

describe.each(databases)('a backup of a server on $name', (kind) => {
  test.each(databases)('is taken while it works, and restored on $name with the same rows and files', async (other) => {
    await using app = await testApp({ database: kind, background: false });
    await using folder = await tempFolder();
    const run = await record(app);
    const { database, blobs: place } = app.context.config;
    const backup = join(folder.path, 'backup');
    const parts = { database, blobs: app.context.blobs, folder: backup, now: 1, version: '0', progress };
    let writing = true;
    const { experiment_id } = await app.client.request<{ experiment_id: string }>(
      'POST',
      '/api/2.0/mlflow/experiments/create',
      { json: { name: 'busy' } },
    );
    const writer = (async () => {
      while (writing) await app.client.request('POST', '/api/2.0/mlflow/runs/create', { json: { experiment_id } });
    })();
    const manifest = await backUp(parts);
    writing = false;
    await writer;
    // Each run has an event: as of one moment they belong together.
    const count = (table: string) => manifest.tables.find(({ name }) => name === table)?.count ?? 0;
    expect(count('runs')).toBe(await countRows(backup, 'events', 'run.created'));
    expect(manifest.tables.find(({ name }) => name === 'metric_points')?.count).toBe(3);
    expect(manifest.blobs).toMatchObject({ count: 2, bytes: 70_005 });
    await expect(backUp(parts)).rejects.toMatchObject({ code: 'BACKUP_FOLDER_NOT_EMPTY' });
    await using target = await other.create();
    const blobs = { kind: 'disk' as const, path: join(folder.path, 'blobs') };
    const to = { database: target.config, blobs: await openBlobs(blobs, systemClock) };
    const report = await restoreBackup({ folder: backup, to, migrations, progress });
    expect(report.lines.filter(({ equal }) => !equal)).toEqual([]);
    expect(report.lines.length).toBe(manifest.tables.length + 1);
    await expect(restoreBackup({ folder: backup, to, migrations, progress })).rejects.toMatchObject({
      code: 'BACKUP_TARGET_NOT_EMPTY',
    });
    const [before, after] = [await readRun(database, place, run), await readRun(target.config, blobs, run)];
    expect(after.run).toEqual(before.run);
    expect(after.run?.params).toEqual([{ key: 'a', value: 'line\nline\ttab' }]);
    expect(after.artifact?.size).toBe(70_000);
    expect(after.grows).toBe(true);
  });
});

test('a backup that was changed or cut off is not restored, and leaves the target empty', async () => {
  await using app = await testApp({ background: false });
  await using folder = await tempFolder();
  await record(app);
  const backup = join(folder.path, 'backup');
  const { database } = app.context.config;
  await backUp({ database, blobs: app.context.blobs, folder: backup, now: 1, version: '0', progress });
  const to = {
    database: { kind: 'sqlite' as const, path: join(folder.path, 'new', 'bucle.db') },
    blobs: await openBlobs({ kind: 'disk', path: join(folder.path, 'new', 'blobs') }, systemClock),
  };
  const [experiment] = await readdir(join(placesIn(backup).blobs, 'artifacts'));
  const damaged = join(placesIn(backup).blobs, 'artifacts', String(experiment));
  await appendFile(join(damaged, String((await readdir(damaged))[0]), 'artifacts', 'model.bin'), 'x');
  await writeFile(placesIn(backup).table('runs'), 'not gzip');
  await expect(restoreBackup({ folder: backup, to, migrations, progress })).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
    message: expect.stringMatching(/the table runs.*the file artifacts\/.*model\.bin/),
  });
  await expect(readdir(join(folder.path, 'new'))).rejects.toThrow('ENOENT');
  await expect(verifyBackup(join(folder.path, 'nothing'), progress)).rejects.toMatchObject({
    code: 'BACKUP_NOT_A_BACKUP',
  });
});

describe.each(databases.filter(({ name }) => name === 'PostgreSQL'))('when $name refuses a row', (kind) => {
  test('the table is named and the target stays empty, so that the move can be tried again', async () => {
    await using app = await testApp({ background: false });
    await record(app);
    const { db, blobs, config } = app.context;
    const change = (to: string) =>
      db.transaction((trx) => trx.updateTable('run_params').set({ value: to }).where('key', '=', 'a').execute());
    await change('a\0b');
    await using target = await kind.create();
    const from = { database: config.database, blobs };
    const move = { from, to: { database: target.config, blobs: null }, migrations, progress };
    await expect(migrateData(move)).rejects.toMatchObject({
      code: 'BACKUP_ROWS_REFUSED',
      message: expect.stringContaining('run_params'),
    });
    expect(await openTableSnapshot(target.config)).toBeNull();
    await change('ab');
    expect(await migrateData(move)).toMatchObject({ equal: true, untouched: false });
  });
});

describe.each(blobKinds.filter(hasBlobs))('data moves to $name', (blobKind) => {
  test.each(databases)('and $name: again changes nothing, and a target with other records is refused', async (kind) => {
    await using app = await testApp({ background: false });
    const run = await record(app);
    await using target = await kind.create();
    await using place = await blobKind.create();
    const blobs = await openBlobs(place.config, systemClock);
    const move = {
      from: { database: app.context.config.database, blobs: app.context.blobs },
      to: { database: target.config, blobs },
      ...{ migrations, progress },
    };
    // As if an earlier call had been killed: one file is there whole, the records are not.
    for await (const { key } of app.context.blobs.walk('')) {
      const found = key.endsWith('.bin') ? await app.context.blobs.get(key) : null;
      if (found) await blobs.put(key, found.body);
    }
    expect(await migrateData(move)).toMatchObject({ equal: true, untouched: false });
    expect(await migrateData(move)).toMatchObject({ equal: true, untouched: true });
    expect((await readRun(target.config, place.config, run)).run?.metrics).toHaveLength(1);
    await expect(migrateData(move)).rejects.toMatchObject({ code: 'BACKUP_TARGET_NOT_EMPTY' });
    await blobs.put('artifacts/9/other', Buffer.from('x'));
    await expect(migrateData({ ...move, to: { ...move.to, database: null } })).rejects.toMatchObject({
      code: 'BACKUP_TARGET_BLOBS',
    });
  });
});
