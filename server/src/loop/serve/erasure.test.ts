import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { testApp } from '../../../test/test-app.ts';
import { listBatches } from './batch.store.ts';
import { type CountsView, handCaptures, refusal } from './captures.fixture.ts';
import { hashKey } from './erasure.ts';
import { readBatch } from './read-batch.ts';
import {
  about,
  blobsOf,
  countsPath,
  erase,
  events,
  guard,
  open,
  rowsAbout,
  stages,
  untilErased,
} from './removal.fixture.ts';
import { erasureHandler } from './run-erasure.ts';

describe.each(databases)('erasure on $name', (database) => {
  test('erases the rows of a key everywhere, leaves the others where they were, and says so', async () => {
    await using t = await testApp({ database, stages });
    const { send, log } = handCaptures(t.client);
    const [other] = [handCaptures(t.client)];
    const mixed = rowsAbout(['ana', 'bea', 'ana', null]);
    const [single, elsewhere] = [about('ana', { outputs: [1] }), about('ana', { endpoint: 'weather' })];
    const untouched = about('bea');
    await send(0, [mixed, single]);
    await other.send(0, [untouched, elsewhere]);
    const view = await erase(t, 'ana');
    expect(view).toMatchObject({ state: 'running', key_sha256: hashKey('ana'), actor: 'anonymous' });
    expect(JSON.stringify(view)).not.toContain('"ana"');
    expect(await untilErased(t, view)).toMatchObject({ predictions: 3, batches: 2, not_erasable: [] });
    expect(await readBatch(t.context, { log, first: 0 })).toEqual([
      {
        ...mixed,
        ...{ key: null, keys: [null, 'bea', null, null], outputs: [null, 1, null, 3], erased: [0, 2] },
        rows: [
          [null, null],
          ['UA', 1],
          [null, null],
          ['UA', 3],
        ],
      },
    ]);
    expect(await readBatch(t.context, { log: other.log, first: 0 })).toEqual([untouched, elsewhere]);
    expect(await refusal(t.client.request('GET', `/api/v1/predictions/${mixed.id}.0`))).toMatchObject({
      ...{ status: 410, code: 'SERVE_PREDICTION_ERASED' },
    });
    expect(await t.client.request('GET', `/api/v1/predictions/${mixed.id}`)).toMatchObject({
      rows: [{ row: 1, output: 1 }, { row: 3 }],
    });
    expect(await refusal(t.client.request('GET', `/api/v1/predictions/${single.id}`))).toMatchObject({ status: 404 });
    expect(await events(t, 'captures.erased')).toEqual([
      {
        type: 'captures.erased',
        subject: 'endpoint:flights',
        data: {
          ...{ key_sha256: hashKey('ana'), predictions: 3, log, first: 0 },
          ids: [`${mixed.id}.0`, `${mixed.id}.2`, `${single.id}.0`],
        },
      },
    ]);
    expect(await events(t, 'captures.erasure_finished')).toMatchObject([{ data: { predictions: 3 } }]);
    expect(await t.client.request('GET', countsPath)).toMatchObject({ erased: 3 });
    expect(await t.client.request('GET', '/api/v1/endpoints/flights/erasures')).toMatchObject({
      erasures: [{ id: view.id, state: 'done' }],
    });
  });

  test('what a gateway received before and delivers late is not kept; what it received later is', async () => {
    await using t = await testApp({ database, stages });
    const { send, log } = handCaptures(t.client);
    await send(0, [about('bea')]);
    await untilErased(t, await erase(t, 'ana'));
    const late = [about('ana'), rowsAbout(['bea', 'ana'])];
    const later = about('ana', { received_at: Date.now() + 60_000 });
    expect(await send(1, [...late, later])).toEqual({ stored: 3, duplicates: 0 });
    const stored = await readBatch(t.context, { log, first: 1 });
    expect(stored.map(({ id, keys, erased }) => [id, keys, erased])).toEqual([
      [late[1]?.id, ['bea', null], [1]],
      [later.id, null, undefined],
    ]);
    expect(await events(t, 'captures.erased')).toMatchObject([
      { data: { predictions: 3, ids: [`${late[0]?.id}.0`, `${late[0]?.id}.1`, `${late[1]?.id}.1`] } },
    ]);
    expect(await send(4, [about('ana')])).toEqual({ stored: 1, duplicates: 0 });
    expect(await readBatch(t.context, { log, first: 4 })).toEqual([]);
    expect(await send(4, [about('ana')])).toEqual({ stored: 0, duplicates: 1 });
    expect(await t.client.request<CountsView>('GET', countsPath)).toMatchObject({ captured: 3, erased: 5 });
  });

  test('a batch that arrives while the erasure is asked for is clean in the end', async () => {
    await using t = await testApp({ database, stages });
    const { send } = handCaptures(t.client);
    await send(0, [about('bea')]);
    const sending = Array.from({ length: 15 }, (_, at) => send(1 + at, [about('ana'), about('bea')].slice(at % 2)));
    const view = await erase(t, 'ana');
    await Promise.all(sending);
    await untilErased(t, view);
    for (const { log, first } of await listBatches(t.context.db.read, { endpoint: 'flights', limit: 100 })) {
      for (const { key } of await readBatch(t.context, { log, first })) expect(key).toBe('bea');
    }
  });

  test('a server that is killed in the middle goes on, and erases each row once', async () => {
    await using t = await open({ database });
    const { send, log } = handCaptures(t.client);
    for (let at = 0; at < 3; at += 1) await send(at, [rowsAbout(['ana', 'bea'])]);
    const { id } = await erase(t, 'ana');
    const job = { id: 'j', kind: 'k', key: id, payload: { erasure: id }, attempt: 1, epoch: 1 };
    let writes = 0;
    const dying = {
      ...t.context.blobs,
      delete: () => Promise.reject(new Error('killed')),
      put: (key: string, body: Uint8Array) => {
        writes += 1;
        return writes > 2 ? Promise.reject(new Error('killed')) : t.context.blobs.put(key, body);
      },
    };
    const killed = erasureHandler({ ...t.context, blobs: dying }).handle({ ...guard, job });
    await expect(killed).rejects.toThrow('killed');
    await erasureHandler(t.context).handle({ ...guard, job });
    await erasureHandler(t.context).handle({ ...guard, job });
    const view = await t.client.request('GET', `/api/v1/endpoints/flights/erasures/${id}`);
    expect(view).toMatchObject({ state: 'done', predictions: 3 });
    expect(await events(t, 'captures.erased')).toHaveLength(3);
    expect(await events(t, 'captures.erasure_finished')).toHaveLength(1);
    expect(await t.client.request('GET', countsPath)).toMatchObject({ erased: 3 });
    for (const first of [0, 1, 2]) {
      expect(await readBatch(t.context, { log, first })).toMatchObject([{ keys: [null, 'bea'], erased: [0] }]);
    }
    expect(await blobsOf(t)).toHaveLength(3);
  });

  test('dataset versions that were frozen from captures are named, since they cannot be changed', async () => {
    await using t = await testApp({ database, stages });
    await handCaptures(t.client).send(0, [about('ana')]);
    await t.context.db.transaction(async (trx) => {
      const shared = { workspace: 'default', manifest: 'm', created_at: 1, created_by: 'retrain' };
      const profile = { state: 'ready' as const, reason: null, row_count: 1, profile: null };
      await trx
        .insertInto('dataset_profiles')
        .values({ workspace: 'default', manifest: 'm', ...profile })
        .execute();
      for (const [number, message] of ['captures of endpoint:flights.', 'captures of endpoint:flights-2'].entries()) {
        const version = { ...shared, dataset: `d${number}`, number: 1, files: 1, bytes: 1, message };
        await trx.insertInto('dataset_versions').values(version).execute();
      }
    });
    expect(await untilErased(t, await erase(t, 'ana'))).toMatchObject({ not_erasable: ['dataset:d0@1'] });
  });

  test('the same again while it runs is the same erasure; unknown endpoints and ids are refused', async () => {
    await using t = await open({ database });
    await handCaptures(t.client).send(0, [about('ana')]);
    const [one, two] = [await erase(t, 'ana'), await erase(t, 'ana')];
    expect(two.id).toBe(one.id);
    expect(await events(t, 'captures.erasure_requested')).toHaveLength(1);
    const unknown = t.client.request('DELETE', '/api/v1/endpoints/nothing/captures', { query: { key: 'ana' } });
    expect(await refusal(unknown)).toMatchObject({ status: 404, code: 'SERVE_NOTHING_CAPTURED' });
    expect(await refusal(t.client.request('GET', '/api/v1/endpoints/flights/erasures/x'))).toMatchObject({
      ...{ status: 404, code: 'SERVE_ERASURE_NOT_FOUND' },
    });
    const { secret } = await t.client.request<{ secret: string }>('POST', '/api/v1/tokens', {
      json: { name: 'ana', scopes: ['write'] },
    });
    const refused = t.client.request('DELETE', countsPath, {
      query: { key: 'x' },
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(await refusal(refused)).toMatchObject({ status: 403 });
  });
});
