import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { deliverAll } from '../../../test/deliver-all.ts';
import type { TestApp } from '../../../test/test-app.ts';
import { handCaptures } from '../serve/captures.fixture.ts';
import { capturedSubscription } from './captured-subscription.ts';
import { ingestJob } from './ingest-job.ts';
import {
  captureDays,
  DAY,
  HOUR,
  MONDAY,
  makeDay,
  monitoredApp,
  numbers,
  promote,
  runOnce,
  settle,
  watchDays,
} from './window.fixture.ts';

interface WindowView {
  readonly start: number;
  readonly state: string;
  readonly rows: number;
  readonly late: number;
  readonly version: string | null;
  readonly alarms: Readonly<Record<string, readonly string[]>>;
}

interface AlertView {
  readonly id: string;
  readonly signal: string;
  readonly state: string;
  readonly features: readonly string[];
  readonly summary: string;
}

async function windows(t: TestApp): Promise<readonly WindowView[]> {
  const { windows } = await t.client.request<{ windows: WindowView[] }>('GET', '/api/v1/endpoints/flights/windows');
  return windows.toReversed();
}

async function alerts(t: TestApp): Promise<readonly AlertView[]> {
  return (await t.client.request<{ alerts: AlertView[] }>('GET', '/api/v1/alerts')).alerts.toReversed();
}

const events = async (t: TestApp, prefix: string) =>
  (await t.context.db.read.selectFrom('events').select(['type', 'subject']).orderBy('seq').execute())
    .filter(({ type }) => type.startsWith(prefix))
    .map(({ type }) => type);

const monitor = (t: TestApp) =>
  t.client.request<{ progress: Record<string, number | null> }>('GET', '/api/v1/monitors/flights');

describe.each(databases)('windows on $name', (database) => {
  const open = () => monitoredApp(database);

  test('each capture is counted once, however often its batch is told and its job runs, also what came before the monitor', async () => {
    await using t = await open();
    const random = numbers(1);
    const { send } = handCaptures(t.client);
    const day = makeDay(random, 0);
    await send(0, day);
    await watchDays(t.context);
    await send(day.length, makeDay(random, 1, { rows: 100 }));
    await send(day.length + 2, makeDay(random, 2, { rows: 50, at: HOUR }));
    await settle(t.context);
    await Promise.all([runOnce(ingestJob(t.context)), runOnce(ingestJob(t.context))]);
    await t.context.db.transaction((trx) =>
      trx.deleteFrom('event_cursors').where('name', '=', 'monitor.captures').execute(),
    );
    await settle(t.context);
    expect((await windows(t)).map(({ rows, state }) => [rows, state])).toEqual([
      [300, 'closed'],
      [100, 'closed'],
      [50, 'open'],
    ]);
    const profiles = await t.context.db.read.selectFrom('monitor_profiles').select('profile').execute();
    expect(
      profiles.map(({ profile }) => (JSON.parse(profile) as { features: { rows: number } }).features.rows),
    ).toEqual([300, 100, 50]);
    expect(await events(t, 'window.closed')).toHaveLength(2);
  });

  test('two jobs at the same time count each capture once', async () => {
    await using t = await open();
    const random = numbers(2);
    await watchDays(t.context);
    const { send } = handCaptures(t.client);
    await send(0, makeDay(random, 0));
    await send(6, makeDay(random, 2));
    await settle(t.context);
    for (let day = 3; day < 9; day += 1) await send(6 * day, makeDay(random, day));
    await deliverAll(t.context.db, capturedSubscription(t.context));
    await Promise.all([1, 2, 3].map(() => runOnce(ingestJob(t.context))));
    await settle(t.context);
    const all = await windows(t);
    expect(all.filter(({ state }) => state !== 'no_data').map(({ rows }) => rows)).toEqual(Array(8).fill(300));
    expect(await events(t, 'window.closed')).toHaveLength(7);
  });

  test('a window closes by event time when its lateness is over; what comes later is counted as late and its verdict stays', async () => {
    await using t = await open();
    const random = numbers(3);
    await watchDays(t.context, { latenessMs: HOUR });
    const { send } = handCaptures(t.client);
    await send(0, makeDay(random, 0));
    await send(6, makeDay(random, 1, { rows: 50, at: HOUR / 2 }));
    await settle(t.context);
    expect((await windows(t)).map(({ state }) => state)).toEqual([]);
    expect(await monitor(t)).toMatchObject({ progress: { watermark: MONDAY + DAY + HOUR / 2, closed_until: null } });
    await send(7, makeDay(random, 0, { rows: 50, at: 23 * HOUR }));
    await send(8, makeDay(random, 1, { rows: 50, at: HOUR }));
    await settle(t.context);
    expect((await windows(t)).map(({ state, rows }) => [state, rows])).toEqual([
      ['closed', 350],
      ['open', 100],
    ]);
    await send(9, makeDay(random, 0, { rows: 100, at: 22 * HOUR }));
    await settle(t.context);
    expect((await windows(t))[0]).toMatchObject({ state: 'closed', rows: 450, late: 100 });
    expect(await monitor(t)).toMatchObject({ progress: { late: 100, closed_until: MONDAY + DAY } });
    expect(await events(t, 'window.closed')).toHaveLength(1);
  });

  test('an event time over a day ahead of its receipt is counted, and moves nothing', async () => {
    await using t = await open();
    const random = numbers(4);
    await watchDays(t.context);
    const { send } = handCaptures(t.client);
    await send(0, makeDay(random, 0));
    await send(
      6,
      makeDay(random, 0, { rows: 50 }).map((capture) => ({ ...capture, event_time: MONDAY + 400 * DAY })),
    );
    await send(7, makeDay(random, 1, { rows: 50, at: HOUR }));
    await settle(t.context);
    expect(await monitor(t)).toMatchObject({ progress: { implausible: 50, watermark: MONDAY + DAY + HOUR } });
    expect((await windows(t)).map(({ start }) => start)).toEqual([MONDAY, MONDAY + DAY]);
  });

  test('windows that are passed without rows are there as such, but not all of a gap of years', async () => {
    await using t = await open();
    const random = numbers(5);
    await watchDays(t.context);
    const { send } = handCaptures(t.client);
    await send(0, makeDay(random, 0));
    await send(6, makeDay(random, 3));
    await send(12, makeDay(random, 1_000));
    await send(18, makeDay(random, 1_001, { at: HOUR }));
    await settle(t.context);
    const page = await t.client.request<{ windows: WindowView[] }>('GET', '/api/v1/endpoints/flights/windows', {
      query: { limit: 500 },
    });
    const states = page.windows.toReversed().map(({ state }) => state);
    expect(states.slice(0, 4)).toEqual(['closed', 'no_data', 'no_data', 'closed']);
    expect(states.filter((state) => state === 'no_data')).toHaveLength(62);
  });

  test('stable data raise no alarm, and until there are 8 windows nothing is judged', async () => {
    await using t = await open();
    await watchDays(t.context);
    await captureDays(t, 6).put(20);
    const all = await windows(t);
    expect(all.map(({ state }) => state)).toEqual([...Array(19).fill('closed'), 'open']);
    expect(await alerts(t)).toEqual([]);
    const stateOf = async (day: number) => {
      const path = `/api/v1/endpoints/flights/windows/${new Date(MONDAY + day * DAY).toISOString()}`;
      const { results } = await t.client.request<{ results: { feature: string; test: string; state: string }[] }>(
        'GET',
        path,
      );
      return results.find(({ feature, test: name }) => feature === 'distance' && name === 'drift')?.state;
    };
    expect([await stateOf(0), await stateOf(7), await stateOf(8), await stateOf(18)]).toEqual([
      ...['learning', 'learning', 'ok', 'ok'],
    ]);
  });

  test('a drift that stays is one alert: it changes as features join and leave, and one clean window clears it', async () => {
    await using t = await open();
    await watchDays(t.context);
    const { put } = captureDays(t, 7);
    await put(9);
    await put(1, { shift: 1.5 });
    await put(2, { shift: 1.5, share: 0.2 });
    await put(1, { shift: 1.5, missing: 0.5 });
    await put(1);
    const found = await alerts(t);
    expect(found.map(({ signal, state, features }) => ({ signal, state, features }))).toEqual([
      { signal: 'data_drift', state: 'open', features: ['carrier', 'distance'] },
      { signal: 'data_quality', state: 'open', features: ['carrier'] },
    ]);
    expect(await events(t, 'alert.')).toEqual(['alert.opened', 'alert.changed', 'alert.opened']);
    expect(found[0]?.summary).toMatch(/^distance.*PSI .*p .* < .*, alarm/);
    await put(5);
    expect((await alerts(t)).map(({ state }) => state)).toEqual(['cleared', 'cleared']);
    const told = (await events(t, 'alert.')).filter((type) => type !== 'alert.changed');
    expect(told).toEqual(['alert.opened', 'alert.opened', 'alert.cleared', 'alert.cleared']);
  });

  test('what is acknowledged is the new normal: it is learned anew, and alarms when it changes again', async () => {
    await using t = await open();
    await watchDays(t.context);
    const { put } = captureDays(t, 8);
    await put(9);
    await put(2, { shift: 1.5 });
    const [first] = await alerts(t);
    expect(first).toMatchObject({ signal: 'data_drift', state: 'open' });
    const path = `/api/v1/alerts/${first?.id}/acknowledge`;
    const acknowledged = await t.client.request('POST', path, { json: { reason: 'a new route' } });
    expect(acknowledged).toMatchObject({ state: 'acknowledged', reason: 'a new route' });
    await expect(t.client.request('POST', path, { json: {} })).rejects.toMatchObject({
      code: 'MONITOR_ALERT_NOT_OPEN',
    });
    await put(14, { shift: 1.5 });
    expect((await alerts(t)).map(({ state }) => state)).toEqual(['acknowledged']);
    await put(2, { shift: 0 });
    expect((await alerts(t)).map(({ state, features }) => [state, features])).toEqual([
      ['acknowledged', ['distance']],
      ['open', ['distance']],
    ]);
  });

  test('a promotion supersedes what stood open and moves the reference', async () => {
    await using t = await open();
    await promote(t.context, 1);
    await watchDays(t.context);
    const { put } = captureDays(t, 9);
    await put(9);
    await put(2, { shift: 1.5, lift: 0.3 });
    expect((await alerts(t)).map(({ signal, state }) => [signal, state]).sort()).toEqual([
      ['data_drift', 'open'],
      ['prediction_drift', 'open'],
    ]);
    await promote(t.context, 2);
    await settle(t.context);
    expect((await alerts(t)).map(({ state }) => state)).toEqual(['superseded', 'superseded']);
    await put(10, { shift: 1.5, lift: 0.2, version: 2 });
    expect((await alerts(t)).filter(({ state }) => state === 'open')).toEqual([]);
    expect((await windows(t)).map(({ version }) => version)).toEqual([
      ...Array(10).fill('version:flights/1'),
      ...Array(10).fill('version:flights/2'),
      null,
    ]);
    await put(2, { shift: 1.5, lift: 0, version: 2 });
    expect((await alerts(t)).filter(({ state }) => state === 'open').map(({ signal }) => signal)).toEqual([
      'prediction_drift',
    ]);
  });

  test('the same declaration again changes nothing; other windows begin anew from the captures; removal takes all away', async () => {
    await using t = await open();
    const random = numbers(10);
    const { send } = handCaptures(t.client);
    for (let day = 0; day < 4; day += 1) await send(6 * day, makeDay(random, day));
    const put = (json: object) => t.client.request<{ revision: number }>('PUT', '/api/v1/monitors/flights', { json });
    const body = { window_ms: DAY, lateness_ms: 0 };
    expect((await put(body)).revision).toBe(1);
    expect((await put(body)).revision).toBe(1);
    await settle(t.context);
    expect(await windows(t)).toHaveLength(4);
    expect((await put({ ...body, minimum_rows: 50 })).revision).toBe(2);
    expect(await windows(t)).toHaveLength(4);
    expect((await put({ ...body, window_ms: 2 * DAY })).revision).toBe(3);
    expect(await windows(t)).toEqual([]);
    await settle(t.context);
    expect((await windows(t)).map(({ rows }) => rows)).toEqual([600, 600]);
    await t.client.request('DELETE', '/api/v1/monitors/flights');
    await expect(monitor(t)).rejects.toMatchObject({ code: 'MONITOR_NOT_MONITORED' });
    for (const table of [
      'monitor_inbox',
      'monitor_windows',
      'monitor_profiles',
      'monitor_results',
      'monitor_references',
    ] as const) {
      expect(await t.context.db.read.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });
});
