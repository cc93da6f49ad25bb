import { expect, test } from 'vitest';
import type { Context } from '../src/context.ts';
import { insertEndpoint } from '../src/loop/deploy/endpoint.store.ts';
import { openDeclaration } from '../src/loop/deploy/endpoint.ts';
import { declareMonitor } from '../src/loop/monitor/declare-monitor.ts';
import { readOutcomes } from '../src/loop/monitor/label.store.ts';
import { defaultMonitor, monitorRef } from '../src/loop/monitor/monitor.ts';
import { DAY, HOUR, MONDAY, makeDay, numbers } from '../src/loop/monitor/window.fixture.ts';
import { windowRef } from '../src/loop/monitor/window.ts';
import type { Capture } from '../src/loop/serve/capture/capture.ts';
import { handCaptures } from '../src/loop/serve/captures.fixture.ts';
import { readEventsAfter } from '../src/platform/events/event.store.ts';
import { courses, type KilledServer, killedOn, killedServer, longKills, repeats } from './killed-server.ts';

/** Where the server dies while labels come before their predictions, and a first day is captured. */
const FIRST = [
  ...['labels:chunk:before', 'labels:chunk:after'],
  ...['captures:stored:before', 'captures:stored:after'],
  ...['delivered:monitor.captures:before', 'delivered:monitor.captures:after'],
  ...['monitor:ingest:before', 'monitor:ingest:after'],
];
/** While a second day is captured, so that the first is over and becomes the reference. */
const SECOND = ['monitor:reference:before', 'monitor:reference:after'];
/** While a third day is captured. */
const THIRD = ['quality:compute:before', 'quality:compute:after'];
/** While all others are, and windows close. */
const CLOSING = ['window:close:before', 'window:close:after'];
/** When the labels of all predictions are there. */
const LABELLED = ['quality:mature:before', 'quality:mature:after'];

/** Days that close; the last of them has drifted, and a few rows of the day after end it. */
const DAYS = 10;
const ROWS = 200;
/** Days whose labels come before their predictions. */
const EARLY = 3;

interface World {
  readonly days: readonly (readonly Capture[])[];
  /** Labels by day. */
  readonly labels: readonly (readonly { readonly prediction: string; readonly value: number }[])[];
}

function makeWorld(): World {
  const random = numbers(11);
  const days = Array.from({ length: DAYS }, (_, day) =>
    makeDay(random, day, { rows: ROWS, shift: day === DAYS - 1 ? 2 : 0 }),
  );
  const labels = days.map((captures) =>
    captures.flatMap(({ id, rows }) =>
      (rows ?? []).map((_, row) => ({ prediction: `${id}.${row}`, value: random() < 0.3 ? 1 : 0 })),
    ),
  );
  return { days: [...days, makeDay(random, DAYS, { rows: 50, at: HOUR })], labels };
}

async function seed(context: Context): Promise<void> {
  const prediction = { kind: 'probability' as const, column: null, threshold: 0.5 };
  const declaration = { ...openDeclaration, prediction };
  const given = { name: 'flights', declaration, now: context.clock.now(), actor: 'test' };
  await context.db.transaction((trx) => insertEndpoint(trx, given));
  const labels = { maturityMs: 60 * DAY, coverage: 0.5 };
  const watched = { ...defaultMonitor, windowMs: DAY, latenessMs: 0, labels };
  await declareMonitor(context, { endpoint: 'flights', declaration: watched, actor: 'test', cause: null });
}

interface Page {
  readonly windows: readonly { readonly start: number; readonly state: string }[];
}

/** What a gateway and whoever knows the truth send, each again until it is answered. */
async function live(server: KilledServer, { days, labels }: World, points: readonly string[]): Promise<void> {
  const { client } = server;
  const died = (upTo: readonly string[]) => server.died(points.filter((point) => upTo.includes(point)).length);
  const label = (those: World['labels'], key: string) => {
    const body = those
      .flat()
      .map((one) => `${JSON.stringify(one)}\n`)
      .join('');
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': key };
    return server.again(() => client.request('POST', '/api/v1/endpoints/flights/labels', { body, headers }));
  };
  await label(labels.slice(0, EARLY), 'early');
  const gateway = handCaptures(client);
  let offset = 0;
  const capture = async (those: World['days']) => {
    for (const captures of those) {
      await server.again(() => gateway.send(offset, captures));
      offset += captures.length;
    }
  };
  await capture(days.slice(0, 1));
  await died(FIRST);
  await capture(days.slice(1, 2));
  await died([...FIRST, ...SECOND]);
  await capture(days.slice(2, 3));
  await died([...FIRST, ...SECOND, ...THIRD]);
  await capture(days.slice(3));
  await server.until(
    () => client.request<Page>('GET', '/api/v1/endpoints/flights/windows', { query: { limit: 100 } }),
    ({ windows }) => windows.filter(({ state }) => state === 'closed').length === DAYS,
  );
  await label(labels.slice(EARLY), 'rest');
  await server.until(
    () => client.request<{ windows: readonly { state: string }[] }>('GET', '/api/v1/endpoints/flights/quality'),
    ({ windows }) => windows.filter(({ state }) => state === 'final').length === DAYS,
  );
}

async function checkRows(context: Context): Promise<void> {
  const { read, dialect } = context.db;
  const windows = await read.selectFrom('monitor_windows').selectAll().orderBy('start').execute();
  expect(windows.map(({ start, state, row_count, late }) => ({ start, state, row_count, late }))).toEqual([
    ...Array.from({ length: DAYS }, (_, day) => ({
      ...{ start: MONDAY + day * DAY, state: 'closed', row_count: ROWS, late: 0 },
    })),
    { start: MONDAY + DAYS * DAY, state: 'open', row_count: 50, late: 0 },
  ]);
  const quality = await read.selectFrom('monitor_quality').selectAll().orderBy('window_start').execute();
  expect(quality.slice(0, DAYS).map(({ state, revision, quality: json }) => [state, revision, counted(json)])).toEqual(
    Array(DAYS).fill(['final', 1, { predictions: ROWS, labelled: ROWS }]),
  );
  const predictions = await read.selectFrom('monitor_predictions').select('label').execute();
  expect(predictions.length).toBe(DAYS * ROWS + 50);
  expect(predictions.filter(({ label }) => label !== null).length).toBe(DAYS * ROWS);
  const labels = await read.selectFrom('monitor_labels').select(['prediction_id', 'row_index', 'joined_at']).execute();
  expect(new Set(labels.map(({ prediction_id, row_index }) => `${prediction_id}.${row_index}`)).size).toBe(DAYS * ROWS);
  expect(labels.filter(({ joined_at }) => joined_at === null)).toEqual([]);
  expect(labels.length).toBe(DAYS * ROWS);
  const outcomes = await readOutcomes(read, 'flights');
  const told = Object.entries(outcomes).filter(([, count]) => count > 0);
  expect(Object.fromEntries(told)).toEqual({ unknown: EARLY * ROWS, accepted: (DAYS - EARLY) * ROWS });
  const monitor = await read.selectFrom('monitors').selectAll().executeTakeFirstOrThrow();
  expect(monitor).toMatchObject({ closed_until: MONDAY + DAYS * DAY, late: 0, implausible: 0, problem: null });
  const events = await readEventsAfter(read, { after: 0, limit: 1_000, dialect });
  const subjects = (type: string) => events.filter((event) => event.type === type).map(({ subject }) => subject);
  const each = Array.from({ length: DAYS }, (_, day) => windowRef('flights', MONDAY + day * DAY));
  expect(subjects('window.closed')).toEqual(each);
  expect(subjects('window.matured').sort()).toEqual(each);
  expect(subjects('window.revised')).toEqual([]);
  expect(subjects('monitor.reference.built')).toEqual([monitorRef('flights')]);
  expect(new Set(subjects('captures.stored')).size).toBe(DAYS + 1);
  expect(subjects('captures.stored').length).toBe(DAYS + 1);
  expect(subjects('alert.opened').length).toBe(1);
  const alerts = await read.selectFrom('monitor_alerts').select(['signal', 'state']).execute();
  expect(alerts).toEqual([{ signal: 'data_drift', state: 'open' }]);
  const joined = events.filter(({ type }) => type === 'labels.joined');
  expect(joined.reduce((sum, { data }) => sum + Number(data['joined']), 0)).toBe(EARLY * ROWS);
}

function counted(json: string | null): unknown {
  const { predictions, labelled } = JSON.parse(json ?? '{}') as Record<string, unknown>;
  return { predictions, labelled };
}

longKills.each(killedOn)('captures, labels and windows on $name', { timeout: 600_000, repeats }, (kind) => {
  const all = [...FIRST, ...SECOND, ...THIRD, ...CLOSING, ...LABELLED];
  test.each(courses(all))(
    'a server that dies at $name closes each window once and counts each label once',
    async ({ points }) => {
      await using server = await killedServer(kind, { points, seed });
      await live(server, makeWorld(), points);
      await using context = await server.leave();
      expect(server.starts()).toBe(points.length + 1);
      await checkRows(context);
    },
  );
});
