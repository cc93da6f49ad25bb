import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { databases } from '../../../test/databases.ts';
import { testApp } from '../../../test/test-app.ts';
import { manualClock } from '../../platform/clock.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { NewEvent } from '../../platform/events/events.ts';
import { tellEvent, tellings } from './sentence.ts';
import type { ServingAt, TimelinePage } from './timeline.schema.ts';

const SOURCES = join(import.meta.dirname, '../..');

/** Types whose last word is a state: `deployment.${to}`. A state that nobody moves to has no event. */
const states: Readonly<Record<string, readonly string[]>> = {
  rollout: ['promoting', 'promoted', 'aborting', 'aborted', 'undone'],
  deployment: ['preparing', 'published', 'verifying', 'ready', 'failed', 'retired'],
  firing: ['freezing', 'training', 'registering', 'evaluating', 'rolling_out', 'done'],
  job: ['succeeded', 'failed', 'cancelled'],
  'dataset.profile': ['ready', 'failed'],
  alert: ['cleared', 'acknowledged', 'superseded'],
};

/** All types of events that some source file writes. */
async function writtenTypes(): Promise<Set<string>> {
  const names = await readdir(SOURCES, { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts') && !/^platform|\.(test|fixture)\.ts$/.test(name));
  const texts = await Promise.all(files.map((file) => readFile(join(SOURCES, file), 'utf8')));
  return new Set(texts.filter((text) => /appendEvent\(|: NewEvent/.test(text)).flatMap(typesIn));
}

function typesIn(text: string): string[] {
  // `type: 'a.b'`, `const type = x ? 'a.b' : 'c.d'`, and rows of a table that end in a type.
  const plain = [/(?:type\b[^;\n]*?|[?:,] )'([a-z_]+(?:\.[a-z_]+)+)'/g, /type\b[^;\n]*? : '([a-z_]+(?:\.[a-z_]+)+)'/g];
  const made = [...text.matchAll(/type\b[^;\n]*?`([a-z_.]+)\.\$\{/g)].map(([, prefix = '']) => prefix);
  return [
    ...plain.flatMap((pattern) => [...text.matchAll(pattern)].map(([, type = '']) => type)),
    ...made.flatMap((prefix) => (states[prefix] ?? ['?']).map((state) => `${prefix}.${state}`)),
  ];
}

/** Names with dots in the same files that are tags of runs. */
const NO_EVENTS = /^(mlflow|bucle)\./;

describe('the sentences of events', () => {
  test('each type of event that is written anywhere has a sentence, and no other', async () => {
    const written = [...(await writtenTypes())].filter((type) => !NO_EVENTS.test(type)).sort();
    expect(written.length).toBeGreaterThan(70);
    expect(Object.keys(tellings).sort()).toEqual(written);
  });

  test('a sentence stands without any data, and is one line', () => {
    for (const type of Object.keys(tellings)) {
      const text = tellEvent({ type, subject: 'endpoint:flights', data: {} });
      expect(text).toMatch(/^Endpoint flights .*[^.]\.$/);
      expect(text).not.toMatch(/\n|\[object|NaN/);
    }
  });

  test('a sentence names its things as people do', () => {
    const tell = (type: string, subject: string, data: Readonly<Record<string, unknown>>) =>
      tellEvent({ type, subject, data });
    const alert = { endpoint: 'flights', signal: 'data_drift', summary: 'dep_delay moved.' };
    expect(tell('alert.opened', 'alert:0193aaaa-0000-7000-8000-00005e6f7a8b', alert)).toBe(
      'Alert 5e6f7a8b on data drift of flights opened: dep_delay moved.',
    );
    const closed = { rows: 1200, alarms: { data_drift: ['dep_delay', 'hour'] } };
    expect(tell('window.closed', 'window:flights@2001-03-05T00:00:00.000Z', closed)).toBe(
      'The window of flights from 2001-03-05 closed with 1,200 rows: alarm on data drift of dep_delay and hour.',
    );
    const done = { policy: 'flights', number: 3, outcome: 'not_better', summary: 'flights/4 is no better.' };
    expect(tell('firing.done', 'firing:0193', done)).toBe(
      'Firing 3 of policy flights ended as not better: flights/4 is no better.',
    );
    const moved = { before: { 'd-1': 100 }, after: { 'd-1': 90, 'd-2': 10 } };
    expect(tell('endpoint.traffic_changed', 'endpoint:flights', moved)).toBe(
      'Endpoint flights sends deployment d-1 90 % and deployment d-2 10 % instead of deployment d-1 100 %.',
    );
  });
});

describe.each(databases)('the timeline on $name', (database) => {
  async function open() {
    const clock = manualClock(Date.UTC(2026, 10, 24));
    const t = await testApp({ database, clock, background: false });
    const write = (event: Omit<NewEvent, 'actor'> & { readonly actor?: string }) => {
      clock.advance(60_000);
      return t.context.db.transaction((trx) => appendEvent(trx, { clock }, { actor: 'monitor', ...event }));
    };
    const timeline = (query: Record<string, string | number | boolean> = {}) =>
      t.client.request<TimelinePage>('GET', '/api/v1/timeline', { query });
    const texts = async (query: Record<string, string | number | boolean> = {}) =>
      (await timeline(query)).events.map(({ text }) => text);
    return { ...t, clock, write, timeline, texts };
  }

  const alert = (endpoint: string) => ({ endpoint, signal: 'data_drift', features: [], summary: 'it moved' });

  test('each line has its cause in words, whatever led to it', async () => {
    await using t = await open();
    const opened = await t.write({ type: 'alert.opened', subject: 'alert:a-1', data: alert('flights') });
    const data = { endpoint: 'flights', policy: 'weekly', number: 1, because: ['data drift'] };
    await t.write({ type: 'firing.started', subject: 'firing:f-1', cause: opened, data });
    await t.write({ type: 'gate.declared', subject: 'gate:better', actor: 'ana', cause: 'request:7' });
    await t.write({ type: 'model.logged', subject: 'logged-model:m-1', cause: 'run:0123456789ab' });
    const { events } = await t.timeline({ order: 'oldest' });
    expect(events.map(({ text, cause }) => [text, cause?.text ?? null])).toEqual([
      ['Alert a-1 on data drift of flights opened: it moved.', null],
      ['Firing 1 of policy weekly started: data drift.', 'alert a-1 opened'],
      ['Gate better was declared.', 'ana asked for it'],
      ['Logged model m-1 was logged.', 'of run 01234567'],
    ]);
    expect(events[1]?.cause).toMatchObject({ ref: opened, type: 'alert.opened', subject: 'alert:a-1' });
  });

  test('what belongs to an endpoint is found by what it says, by its cause, and by what began it', async () => {
    await using t = await open();
    const data = { endpoint: 'flights', policy: 'weekly', number: 1 };
    const firing = await t.write({ type: 'firing.training', subject: 'firing:f-1', data });
    await t.write({ type: 'job.submitted', subject: 'job:j-1', cause: firing });
    await t.write({ type: 'job.started', subject: 'job:j-1', data: { attempt: 1 } });
    await t.write({ type: 'decision.made', subject: 'decision:d-1', data: { subject: 'endpoint:flights' } });
    await t.write({ type: 'alert.opened', subject: 'alert:a-2', data: alert('trains') });
    await t.write({ type: 'job.submitted', subject: 'job:j-2' });
    const { events } = await t.timeline({ endpoint: 'flights' });
    expect(events.map(({ subject }) => subject)).toEqual(['decision:d-1', 'job:j-1', 'job:j-1', 'firing:f-1']);
    expect(await t.texts({ subject: 'job:j-1', order: 'oldest' })).toEqual([
      'Job j-1 was submitted.',
      'Job j-1 started its attempt 1.',
    ]);
  });

  test('what happens all the time is left out unless it is asked for', async () => {
    await using t = await open();
    await t.write({ type: 'endpoint.created', subject: 'endpoint:flights' });
    const endpoints = [{ endpoint: 'flights', captures: 3 }];
    await t.write({ type: 'captures.stored', subject: 'captures:log@0', data: { endpoints } });
    const stored = { outcomes: { accepted: 2, unknown: 1 } };
    await t.write({ type: 'labels.stored', subject: 'endpoint:flights', data: stored });
    expect(await t.texts()).toEqual(['Endpoint flights was created.']);
    expect(await t.texts({ all: true })).toEqual([
      'Endpoint flights got 3 labels: 2 accepted and 1 unknown.',
      'A batch of predictions (log@0) was stored: 3 predictions of flights.',
      'Endpoint flights was created.',
    ]);
  });

  test('pages, bounds and both orders show each event once, on either clock', async () => {
    await using t = await open();
    const start = t.clock.now();
    for (let at = 1; at <= 7; at += 1) {
      const eventTime = 1_000 * (8 - at);
      const type = at % 2 === 0 ? 'window.closed' : 'window.matured';
      await t.write({ type, subject: `window:flights@${at}`, eventTime, data: { endpoint: 'flights' } });
    }
    const all = async (query: Record<string, string | number | boolean>) => {
      const found: number[] = [];
      let after: string | null = null;
      do {
        const page: TimelinePage = await t.timeline({ ...query, limit: 2, ...(after === null ? {} : { after }) });
        expect(page.events.length).toBeLessThanOrEqual(2);
        found.push(...page.events.map(({ subject }) => Number(subject.split('@')[1])));
        after = page.next;
      } while (after !== null);
      return found;
    };
    expect(await all({})).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(await all({ endpoint: 'flights', order: 'oldest' })).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await all({ clock: 'event' })).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await all({ clock: 'event', since: 2_000, until: 4_000, all: true })).toEqual([5, 6]);
    expect(await all({ since: start + 6 * 60_000 })).toEqual([7, 6]);
    expect(await all({ types: 'window.closed', order: 'oldest' })).toEqual([2, 4, 6]);
  });

  test('the command shows lines with their causes, oldest first', async () => {
    await using t = await open();
    const opened = await t.write({ type: 'alert.opened', subject: 'alert:a-1', data: alert('flights') });
    const data = { endpoint: 'flights', signal: 'data_drift', reason: 'a clean window' };
    await t.write({ type: 'alert.cleared', subject: 'alert:a-1', cause: opened, data });
    const shown = await cli(['timeline', '--endpoint', 'flights', '--url', t.baseUrl]);
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.stdout).toBe(
      '2026-11-24 00:01  Alert a-1 on data drift of flights opened: it moved.  ← monitor\n' +
        '2026-11-24 00:02  Alert a-1 on data drift of flights cleared: a clean window.  ← alert a-1 opened\n',
    );
    const json = await cli(['timeline', '--since', '2026-11-24T00:02Z', '--json', '--url', t.baseUrl]);
    expect(JSON.parse(json.stdout)).toMatchObject([{ type: 'alert.cleared' }]);
    expect((await cli(['timeline', '--since', 'soon', '--url', t.baseUrl])).code).toBe(2);
  });

  test('who served at a moment follows the events that moved traffic', async () => {
    await using t = await open();
    const servingAt = (at: number) =>
      t.client.request<ServingAt>('GET', '/api/v1/endpoints/flights/serving-at', { query: { at } });
    const subject = 'endpoint:flights';
    await t.write({ type: 'endpoint.created', subject });
    const first = { from: null, to: 'd-1', version: 'version:flights/1', decision: 'dec-1', rollout: null };
    const before = t.clock.now();
    await t.write({
      ...{ type: 'endpoint.traffic_changed', subject, actor: 'ana' },
      data: { before: {}, after: { 'd-1': 100 }, stable: 'd-1' },
    });
    await t.write({ type: 'endpoint.promoted', subject, data: first });
    const during = t.clock.now();
    await t.write({
      ...{ type: 'endpoint.traffic_changed', subject, actor: 'rollout' },
      data: { before: { 'd-1': 100 }, after: { 'd-1': 90, 'd-2': 10 }, stable: 'd-1' },
    });
    await t.write({ type: 'endpoint.removed', subject, actor: 'ana' });
    expect(await servingAt(before)).toMatchObject({ traffic: [], stable: null, text: expect.stringMatching(/nobody/) });
    expect(await servingAt(during)).toMatchObject({
      ...{ stable: 'version:flights/1', decision: 'decision:dec-1', rollout: null, decided_by: 'ana', since: during },
      traffic: [{ deployment: 'deployment:d-1', share: 100, stable: true }],
    });
    const canary = await servingAt(during + 60_000);
    expect(canary.traffic.map(({ share, stable }) => [share, stable])).toEqual([
      [90, true],
      [10, false],
    ]);
    expect(canary).toMatchObject({ stable: 'version:flights/1', decided_by: 'rollout' });
    expect(await servingAt(t.clock.now())).toMatchObject({ traffic: [], stable: null, decided_by: 'ana' });
    const shown = await cli(['serving-at', String(during), '--endpoint', 'flights', '--url', t.baseUrl]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('by decision dec-1') });
    expect((await cli(['serving-at', '1d', '--endpoint', 'none', '--url', t.baseUrl])).code).toBe(5);
  });
});
