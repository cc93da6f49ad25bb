import { describe, expect, test } from 'vitest';
import { blobKinds, hasBlobs } from '../../../test/blob-stores.ts';
import { databases } from '../../../test/databases.ts';
import { testApp } from '../../../test/test-app.ts';
import { listBatches } from './batch.store.ts';
import { makeCapture } from './capture/capture.fixture.ts';
import type { Capture } from './capture/capture.ts';
import { handCaptures, listIds, refusal } from './captures.fixture.ts';
import { readBatch } from './read-batch.ts';
import {
  about,
  blobsOf,
  countsPath,
  DAY,
  erase,
  events,
  guard,
  handClock,
  open,
  rowsAbout,
  stages,
  sweep,
  untilErased,
} from './removal.fixture.ts';
import { sweepOrphans } from './sweep-orphans.ts';

describe.each(databases)('batches on $name', (database) => {
  test('each is told by an event, found by the event times in it, and read as it came', async () => {
    await using t = await open({ database });
    const { send, log } = handCaptures(t.client);
    const first = [about('a', { event_time: 100 }), about('b', { event_time: 900, endpoint: 'weather' })];
    const second = [
      rowsAbout(['a', null], { event_time: 300, event_times: [300, 700] }),
      about('c', { event_time: 310 }),
    ];
    await send(0, first);
    await send(2, second);
    expect(await events(t, 'captures.stored')).toEqual([
      {
        type: 'captures.stored',
        subject: `captures:${log}@0`,
        data: {
          log,
          first: 0,
          endpoints: [
            { endpoint: 'flights', captures: 1 },
            { endpoint: 'weather', captures: 1 },
          ],
        },
      },
      {
        type: 'captures.stored',
        subject: `captures:${log}@2`,
        data: { log, first: 2, endpoints: [{ endpoint: 'flights', captures: 2 }] },
      },
    ]);
    await send(0, first);
    expect(await events(t, 'captures.stored')).toHaveLength(2);
    const list = (from?: number, to?: number) =>
      listBatches(t.context.db.read, {
        ...{ endpoint: 'flights', limit: 10 },
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
    const [one, two] = await list();
    expect([one, two]).toEqual([
      { log, first: 0, captures: 1, minEventTime: 100, maxEventTime: 100 },
      { log, first: 2, captures: 2, minEventTime: 300, maxEventTime: 700 },
    ]);
    expect(await list(101)).toEqual([two]);
    expect(await list(0, 300)).toEqual([one]);
    expect(await list(101, 300)).toEqual([]);
    expect(one && (await listBatches(t.context.db.read, { endpoint: 'flights', limit: 1, after: one }))).toEqual([two]);
    expect(await readBatch(t.context, { log, first: 0 })).toEqual(first);
    expect(await readBatch(t.context, { log, first: 2 })).toEqual(second);
    expect(await readBatch(t.context, { log, first: 1 })).toEqual([]);
  });

  test('captures of a gateway that knew no keys are read with none', async () => {
    await using t = await open({ database });
    const { key: _key, keys: _keys, event_times: _times, ...old } = makeCapture();
    const { send, log } = handCaptures(t.client);
    await send(0, [old as Capture]);
    expect(await readBatch(t.context, { log, first: 0 })).toEqual([makeCapture({ id: old.id })]);
  });
});

describe.each(databases)('retention on $name', (database) => {
  test('what is older than it is kept expires, is counted and told, and its blobs go', async () => {
    const clock = handClock();
    await using t = await open({ database, clock, config: { captureDays: 30 } });
    const { send } = handCaptures(t.client);
    const old = [makeCapture(), makeCapture({ endpoint: 'weather' })];
    await send(0, old);
    clock.add(20 * DAY);
    const fresh = makeCapture();
    await send(2, [fresh]);
    await sweep(t);
    expect(await listIds(t.client, 'flights')).toHaveLength(2);
    clock.add(11 * DAY);
    await sweep(t);
    await sweep(t);
    expect(await listIds(t.client, 'flights')).toEqual([fresh.id]);
    expect(await listIds(t.client, 'weather')).toEqual([]);
    expect(await refusal(t.client.request('GET', `/api/v1/predictions/${old[0]?.id}`))).toMatchObject({ status: 404 });
    expect(await blobsOf(t)).toHaveLength(1);
    const told = await events(t, 'captures.expired');
    expect(told.map(({ subject, data }) => [subject, data['captures'], data['reason']])).toEqual([
      ['endpoint:flights', 1, 'age'],
      ['endpoint:weather', 1, 'age'],
    ]);
    const counts = await t.client.request('GET', countsPath);
    expect(counts).toMatchObject({ captured: 2, expired: 1, expired_before: told[0]?.data['before'], erased: 0 });
  });

  test('over the budget the oldest go first, and no more than needed', async () => {
    const clock = handClock();
    await using t = await open({ database, clock });
    const { send } = handCaptures(t.client);
    const sent: string[] = [];
    for (let at = 0; at < 6; at += 1) {
      const capture = makeCapture();
      sent.push(capture.id);
      await send(at, [capture]);
      clock.add(1_000);
    }
    const sizes = await t.context.db.read
      .selectFrom('capture_batches')
      .select('bytes')
      .orderBy('recorded_at')
      .execute();
    const bytes = sizes.map((row) => row.bytes);
    expect(Math.min(...bytes)).toBeGreaterThan(100);
    Object.assign(t.context.config, { captureBudget: bytes.slice(2).reduce((sum, size) => sum + size, 0) });
    await sweep(t);
    expect(await listIds(t.client, 'flights')).toEqual(sent.slice(2).reverse());
    expect(await events(t, 'captures.expired')).toMatchObject([{ data: { captures: 2, reason: 'budget' } }]);
  });

  test('a server that died after the rows went deletes the blobs at its next sweep', async () => {
    const clock = handClock();
    await using t = await open({ database, clock, config: { captureDays: 1 } });
    await handCaptures(t.client).send(0, [makeCapture()]);
    clock.add(2 * DAY);
    const dying = { ...t.context.blobs, delete: () => Promise.reject(new Error('killed')) };
    await expect(sweep({ ...t, context: { ...t.context, blobs: dying } })).rejects.toThrow('killed');
    expect(await listIds(t.client, 'flights')).toEqual([]);
    expect(await blobsOf(t)).toHaveLength(1);
    await sweep(t);
    expect(await blobsOf(t)).toEqual([]);
    expect(await events(t, 'captures.expired')).toHaveLength(1);
  });

  test('the first captures start the sweeping, once', async () => {
    await using t = await testApp({ database, stages });
    const { send } = handCaptures(t.client);
    await send(0, [makeCapture()]);
    await send(1, [makeCapture()]);
    const jobs = () => t.context.db.read.selectFrom('background_jobs').select(['kind', 'state', 'run_at']).execute();
    for (;;) {
      const [job] = await jobs();
      if (job && job.state === 'queued' && job.run_at > Date.now()) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await jobs()).toHaveLength(1);
  });
});

describe.each(blobKinds)('blobs of $name', (kind) => {
  test.skipIf(!hasBlobs(kind))('that no row names go when their day is long over, and no others', async () => {
    await using blobs = await kind.create();
    const clock = handClock();
    await using t = await open({ blobs: blobs.config, clock });
    const { send } = handCaptures(t.client);
    await send(0, [makeCapture()]);
    const [named = ''] = await blobsOf(t);
    const orphan = `${named.slice(0, -1)}x`;
    await t.context.blobs.put(orphan, Buffer.from('half a story'));
    await sweepOrphans(t.context, guard);
    expect(await blobsOf(t)).toEqual([named, orphan].sort());
    clock.add(3 * DAY);
    await sweepOrphans(t.context, guard);
    expect(await blobsOf(t)).toEqual([named]);
  });

  test.skipIf(!hasBlobs(kind))('are rewritten without what is erased, and the old ones go', async () => {
    await using blobs = await kind.create();
    await using t = await testApp({ blobs: blobs.config, stages });
    const { send, log } = handCaptures(t.client);
    const kept = about('bea');
    await send(0, [about('ana'), kept]);
    const before = await blobsOf(t);
    expect(await untilErased(t, await erase(t, 'ana'))).toMatchObject({ predictions: 2 });
    expect(await readBatch(t.context, { log, first: 0 })).toEqual([kept]);
    const after = await blobsOf(t);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });
});
