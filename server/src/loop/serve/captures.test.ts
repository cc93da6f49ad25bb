import { createClient } from '@bucle/client';
import { describe, expect, test } from 'vitest';
import { blobKinds, hasBlobs } from '../../../test/blob-stores.ts';
import { databases } from '../../../test/databases.ts';
import { testApp } from '../../../test/test-app.ts';
import { ensureGatewayToken, readGatewayToken } from '../../platform/auth/gateway-token.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { folderSource } from '../deploy/model-source.fixture.ts';
import { createDeployStage } from '../deploy/stage.ts';
import { makeCapture } from './capture/capture.fixture.ts';
import type { Capture } from './capture/capture.ts';
import { encodeBatch } from './capture/capture-batch.ts';
import { type CountsView, handCaptures, listIds, refusal, sendBytes } from './captures.fixture.ts';
import { serveStage } from './stage.ts';
import { storeCaptures } from './store-captures.ts';

const HOUR = 3_600_000;
const stages = [createDeployStage(folderSource('/nowhere')), serveStage];
const countsPath = '/api/v1/endpoints/flights/captures';

const many = (count: number, change: (at: number) => Partial<Capture> = () => ({})): Capture[] =>
  Array.from({ length: count }, (_, at) => makeCapture(change(at)));
const idsOf = (captures: readonly Capture[]): string[] => captures.map(({ id }) => id);

/** A small generator, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

describe.each(databases)('captures on $name', (database) => {
  const open = () => testApp({ database, stages, background: false });

  test('batches that overlap in any way keep each capture once', async () => {
    await using t = await open();
    const { send } = handCaptures(t.client);
    const all = many(15);
    const range = (first: number, last: number) => send(first, all.slice(first, last + 1));
    expect(await range(3, 5)).toEqual({ stored: 3, duplicates: 0 });
    expect(await range(3, 5)).toEqual({ stored: 0, duplicates: 3 });
    expect(await range(0, 3)).toEqual({ stored: 3, duplicates: 1 });
    expect(await range(8, 9)).toEqual({ stored: 2, duplicates: 0 });
    expect(await range(0, 14)).toEqual({ stored: 7, duplicates: 8 });
    expect(await range(0, 14)).toEqual({ stored: 0, duplicates: 15 });
    expect(await listIds(t.client, 'flights', 4)).toEqual(idsOf(all).reverse());
    expect(await t.client.request<CountsView>('GET', countsPath)).toMatchObject({ captured: 15, rows: 30, lost: 0 });
  });

  test('batches that come at the same time keep each capture once', async () => {
    await using t = await open();
    const below = numbers(7);
    const logs = [handCaptures(t.client), handCaptures(t.client)];
    const all = logs.map(() => many(60, (at) => ({ deployment: `d-${at % 3}` })));
    const sent = logs.flatMap(({ send }, log) =>
      Array.from({ length: 20 }, () => {
        const first = below(60);
        const captures = all[log]?.slice(first, first + 1 + below(25)) ?? [];
        return send(first, captures).then(({ stored, duplicates }) => {
          expect(stored + duplicates).toBe(captures.length);
          return { ids: idsOf(captures), stored };
        });
      }),
    );
    const answers = await Promise.all(sent);
    const ids = new Set(answers.flatMap((answer) => answer.ids));
    expect(answers.reduce((sum, { stored }) => sum + stored, 0)).toBe(ids.size);
    expect(await listIds(t.client, 'flights', 25)).toEqual([...ids].sort().reverse());
    const counts = await t.client.request<CountsView>('GET', countsPath);
    expect(counts).toMatchObject({ captured: ids.size, rows: 2 * ids.size });
    expect(counts.deployments.map(({ captured }) => captured).reduce((a, b) => a + b)).toBe(ids.size);
    const rows = await t.context.db.read.selectFrom('capture_batches').select('blob').execute();
    const blobs = [];
    for await (const { key } of t.context.blobs.walk('captures')) blobs.push(key);
    expect(blobs.sort()).toEqual(rows.map(({ blob }) => blob).sort());
  });

  test('a server that dies between the blob and the rows leaves nothing that counts', async () => {
    await using t = await open();
    const capture = makeCapture();
    const log = uuidv7();
    const header = { format: 'bucle.captures.v1', gateway: 'g', log, first: 0, count: 1, losses: [] } as const;
    const bytes = await encodeBatch({ ...header, losses: [] }, Buffer.from(`${JSON.stringify(capture)}\n`));
    const dying = { ...t.context.db, transaction: () => Promise.reject(new Error('killed')) };
    await expect(storeCaptures({ ...t.context, db: dying }, bytes)).rejects.toThrow('killed');
    expect(await refusal(t.client.request('GET', `/api/v1/predictions/${capture.id}`))).toMatchObject({ status: 404 });
    expect(await handCaptures(t.client, log).send(0, [capture])).toEqual({ stored: 1, duplicates: 0 });
    expect(await listIds(t.client, 'flights')).toEqual([capture.id]);
    expect(await t.client.request<CountsView>('GET', countsPath)).toMatchObject({ captured: 1 });
  });

  test('captures of several gateways and endpoints are listed newest first, page by page', async () => {
    await using t = await open();
    const [one, two] = [handCaptures(t.client), handCaptures(t.client)];
    const all = many(30, (at) => ({ endpoint: at % 5 === 0 ? 'weather' : 'flights' }));
    const even = all.filter((_capture, at) => at % 2 === 0);
    const odd = all.filter((_capture, at) => at % 2 === 1);
    await one.send(0, even.slice(0, 6));
    await two.send(0, odd);
    await one.send(6, even.slice(6));
    const expected = (endpoint: string) => idsOf(all.filter((capture) => capture.endpoint === endpoint)).reverse();
    for (const limit of [1, 3, 200]) {
      expect(await listIds(t.client, 'flights', limit)).toEqual(expected('flights'));
      expect(await listIds(t.client, 'weather', limit)).toEqual(expected('weather'));
    }
  });

  test('a batch that gathered for days is found by each of its ids', async () => {
    await using t = await open();
    const start = Date.UTC(2026, 0, 1);
    const captures = Array.from({ length: 40 }, (_, at) => {
      const time = start + at * 0.7 * HOUR;
      const id = `${Math.floor(time).toString(16).padStart(12, '0')}`;
      return makeCapture({ id: `${id.slice(0, 8)}-${id.slice(8)}-7000-8000-${String(at).padStart(12, '0')}` });
    });
    expect(await handCaptures(t.client).send(0, captures)).toEqual({ stored: 40, duplicates: 0 });
    for (const { id } of captures) {
      expect(await t.client.request('GET', `/api/v1/predictions/${id}`)).toMatchObject({ id });
    }
    expect(await listIds(t.client, 'flights', 7)).toEqual(idsOf(captures).reverse());
  });

  test('losses are told as totals: what is told twice or late counts once', async () => {
    await using t = await open();
    const [one, two] = [handCaptures(t.client), handCaptures(t.client)];
    const loss = (deployment: string, lost: number, endpoint = 'flights') => ({ endpoint, deployment, lost });
    await one.send(
      0,
      many(2, () => ({ received_at: 77, deployment: 'd-1' })),
      [loss('d-1', 4), loss('d-2', 1)],
    );
    await one.send(0, [], [loss('d-1', 9), loss('d-2', 1)]);
    await one.send(0, [], [loss('d-1', 4), loss('', 5, '')]);
    await two.send(0, [], [loss('d-1', 3), loss('', 2, '')]);
    expect(await t.client.request('GET', countsPath)).toEqual({
      ...{ endpoint: 'flights', captured: 2, rows: 4, lost: 13, delivered_up_to: 77, lost_unassigned: 7 },
      ...{ expired: 0, expired_before: null, erased: 0 },
      deployments: [
        { deployment: 'd-1', captured: 2, rows: 4, lost: 12, delivered_up_to: 77 },
        { deployment: 'd-2', captured: 0, rows: 0, lost: 1, delivered_up_to: null },
      ],
    });
  });

  test('what is no batch, or holds one capture that is none, is refused and nothing of it stays', async () => {
    await using t = await open();
    const { send } = handCaptures(t.client);
    const garbage = await refusal(sendBytes(t.client, Buffer.from('hello')));
    expect(garbage).toMatchObject({ status: 400, code: 'SERVE_BATCH_INVALID' });
    const short = { format: 'bucle.captures.v1', gateway: 'g', log: uuidv7(), first: 0, count: 2 } as const;
    const one = Buffer.from(`${JSON.stringify(makeCapture())}\n`);
    expect(
      (await refusal(encodeBatch({ ...short, losses: [] }, one).then((bytes) => sendBytes(t.client, bytes)))).message,
    ).toContain('it has not the 2 lines');
    const bad = await refusal(send(5, [makeCapture(), makeCapture({ id: 'x' })]));
    expect(bad).toMatchObject({ status: 422, code: 'SERVE_CAPTURE_INVALID' });
    expect(bad.message).toContain('the capture at offset 6 is not valid: /id');
    expect(await refusal(t.client.request('GET', countsPath))).toMatchObject({
      ...{ status: 404, code: 'SERVE_NOTHING_CAPTURED' },
    });
    expect(await t.context.db.read.selectFrom('capture_logs').selectAll().execute()).toEqual([]);
  });

  test('only gateways and administrators bring captures', async () => {
    await using t = await open();
    await ensureGatewayToken(t.context);
    const gateway = createClient({ baseUrl: t.baseUrl, token: await readGatewayToken(t.context.config) });
    expect(await handCaptures(gateway).send(0, [makeCapture()])).toEqual({ stored: 1, duplicates: 0 });
    const { secret } = await t.client.request<{ secret: string }>('POST', '/api/v1/tokens', {
      json: { name: 'ana', scopes: ['write'] },
    });
    const ana = createClient({ baseUrl: t.baseUrl, token: secret });
    expect(await refusal(handCaptures(ana).send(0, [makeCapture()]))).toMatchObject({ code: 'DEPLOY_GATEWAYS_ONLY' });
  });
});

describe.each(blobKinds)('predictions read from $name', (kind) => {
  const t0 = 1_900_000_000_000;

  test.skipIf(!hasBlobs(kind))('a request and its rows are found by id, as the caller sent them', async () => {
    await using blobs = await kind.create();
    await using t = await testApp({ blobs: blobs.config, stages, background: false });
    const table = makeCapture({ received_at: t0, event_time: t0 - 5, caller: 'ana' });
    const tensor = makeCapture({
      columns: null,
      rows: null,
      tensor: [
        [1, 'NaN'],
        [2, 3],
      ],
      outputs: [[0.1], [0.9]],
    });
    const named = makeCapture({
      columns: null,
      rows: null,
      tensor: { x: [1, 2], y: [[3], [4]] },
      outputs: ['a', null],
    });
    await handCaptures(t.client).send(0, [table, tensor, named]);
    const get = (ref: string) => t.client.request('GET', `/api/v1/predictions/${ref}`);
    const { id } = table;
    const request = {
      ...{ ref: `prediction:${id}`, id, endpoint: 'flights', deployment: 'd-1', version: 'version:flights/1' },
      ...{
        received_at: t0,
        event_time: t0 - 5,
        key: null,
        protocol: 'mlflow',
        caller: 'ana',
        queue_us: 12,
        compute_us: 345,
      },
      row_count: 2,
    };
    const rows = [
      { ref: `prediction:${id}.0`, row: 0, features: { carrier: 'UA', distance: 1_400 }, output: 0.25 },
      { ref: `prediction:${id}.1`, row: 1, features: { carrier: 'Iberia · ñ', distance: 'NaN' }, output: 0.75 },
    ];
    expect(await get(id)).toEqual({ ...request, rows });
    expect(await get(`prediction:${id.toUpperCase()}.1`)).toEqual({ ...request, rows: [rows[1]] });
    expect(await get(`${tensor.id}.1`)).toMatchObject({ rows: [{ row: 1, features: [2, 3], output: [0.9] }] });
    expect(await get(`${named.id}.1`)).toMatchObject({ rows: [{ features: { x: 2, y: [4] }, output: null }] });
    expect(await refusal(get(`${id}.2`))).toMatchObject({ status: 404, code: 'SERVE_ROW_NOT_FOUND' });
    expect(await refusal(get('run:7'))).toMatchObject({ status: 400, code: 'SERVE_INVALID_PREDICTION_ID' });
    const unknown = await refusal(get(uuidv7()));
    expect(unknown).toMatchObject({ status: 404, code: 'SERVE_PREDICTION_NOT_FOUND' });
    expect(unknown.next).toContain('the gateway may still hold it');
  });
});
