import { describe, expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { databases } from '../../test/databases.ts';
import { testApp } from '../../test/test-app.ts';
import { recordOverride } from '../loop/evaluate/index.ts';
import { insertAlert } from '../loop/monitor/alert.store.ts';
import { alertRef, declareMonitor, defaultMonitor, windowRef } from '../loop/monitor/index.ts';
import { foldWindow } from '../loop/monitor/window.store.ts';
import { insertFiring, noteFiring } from '../loop/retrain/firing.store.ts';
import { declarePolicy } from '../loop/retrain/index.ts';
import { makeCapture } from '../loop/serve/capture/capture.fixture.ts';
import { handCaptures } from '../loop/serve/captures.fixture.ts';
import { appendEvent } from '../platform/events/event.store.ts';
import type { Lineage } from './lineage.schema.ts';
import type { ServingAt } from './timeline/timeline.schema.ts';

const START = Date.UTC(2001, 2, 5);
const DAY = 86_400_000;
const because = { actor: 'ana', cause: null };

describe.each(databases)('the lineage of the loop on $name', (database) => {
  async function open() {
    const t = await testApp({ database, background: false });
    return {
      ...t,
      async edges(ref: string, direction: 'up' | 'down') {
        const path = `/api/v1/lineage/${encodeURIComponent(ref)}`;
        const { edges } = await t.client.request<Lineage>('GET', path, { query: { direction } });
        return edges.map(({ from, relation, to }) => `${from} ${relation} ${to}`);
      },
    };
  }
  type Opened = Awaited<ReturnType<typeof open>>;

  async function makeLoop(t: Opened) {
    const { context } = t;
    await t.client.request('POST', '/api/v1/endpoints', { json: { name: 'flights' } });
    await declareMonitor(context, { endpoint: 'flights', declaration: defaultMonitor, ...because });
    const gate = { metric: 'log_loss', margin: 0, minimum_rows: 10 };
    await t.client.request('PUT', '/api/v1/gates/better', { json: gate });
    const declaration = {
      ...{
        endpoint: 'flights',
        job: 'train',
        input: 'flights',
        gate: 'better',
        triggers: [{ drift: 'data' as const }],
      },
      data: { from: 'captures' as const, dataset: 'flights', window: 'expanding', holdout: '28d' },
      ...{ cooldown: '28d', budget: { firings_per_year: 12 } },
    };
    await declarePolicy(context, { name: 'weekly', declaration, ...because });
    const trx = context.db.transaction.bind(context.db);
    await trx(async (in_) => {
      await foldWindow(in_, 'flights', {
        start: START,
        end: START + 7 * DAY,
        rows: 0,
        late: false,
        profiles: new Map(),
      });
      await insertAlert(in_, {
        ...{ id: 'a-1', endpoint: 'flights', signal: 'data_drift', state: 'open', features: ['hour'] },
        ...{ version: null, summary: 'hour moved', firstWindow: START, lastWindow: START, event: 'e-1', openedAt: 1 },
        ...{ endedWindow: null, endedAt: null, endedBy: null, reason: null },
      });
      const met = JSON.stringify([{ kind: 'drift', text: 'hour drifts', ref: 'alert:a-1' }]);
      const named = { id: 'f-1', policy: 'weekly', policy_version: 1, endpoint: 'flights', actor: 'policy:weekly' };
      await insertFiring(in_, { ...named, met, event_time: 5, matured_until: null, cause: null, now: 1 });
    });
    const fired = await trx((in_) =>
      appendEvent(in_, context, { type: 'firing.started', subject: 'firing:f-1', actor: 'policy:weekly' }),
    );
    const decision = await trx((in_) =>
      recordOverride(in_, context, {
        ...{ subject: 'endpoint:flights', candidate: 'version:flights/4', champion: null, reason: 'tried' },
        ...{ actor: 'policy:weekly', cause: fired },
      }),
    );
    const made = { decision: decision.id, version: 'version:flights/4', job: 'j-1', training: 'dataset:flights@2' };
    await trx((in_) => noteFiring(in_, 'f-1', 'fired', made));
    return { decision: `decision:${decision.id}` };
  }

  test('a decision leads back over firing, alert and window to the monitor, and to the policy and its gate', async () => {
    await using t = await open();
    const { decision } = await makeLoop(t);
    const window = windowRef('flights', START);
    expect(await t.edges(decision, 'up')).toEqual([
      `${decision} judged version:flights/4`,
      `${decision} asked for by firing:f-1`,
      'firing:f-1 fired by policy:weekly',
      'firing:f-1 because of alert:a-1',
      'policy:weekly judges by gate:better',
      `alert:a-1 opened by ${window}`,
      `${window} counted by monitor:flights`,
    ]);
    const shown = await cli(['lineage', alertRef({ id: 'a-1' }), '--url', t.baseUrl]);
    expect(shown.stdout.split('\n')[0]).toBe('alert:a-1  data drift of flights · open · hour moved');
  });

  test('a window leads down over alert and firing to all that the firing made', async () => {
    await using t = await open();
    const { decision } = await makeLoop(t);
    const window = windowRef('flights', START);
    expect(await t.edges(window, 'down')).toEqual([
      `${window} opened alert:a-1`,
      'alert:a-1 led to firing:f-1',
      'firing:f-1 froze dataset:flights@2',
      'firing:f-1 trained in job:j-1',
      'firing:f-1 registered version:flights/4',
      `firing:f-1 asked for ${decision}`,
    ]);
    expect(await t.edges('endpoint:flights', 'down')).toEqual(
      expect.arrayContaining([
        'endpoint:flights watched by monitor:flights',
        'endpoint:flights retrained by policy:weekly',
        'monitor:flights raised alert:a-1',
        'policy:weekly fired firing:f-1',
      ]),
    );
    expect(await t.edges('gate:better', 'down')).toContain('gate:better judges for policy:weekly');
    const shown = await cli(['lineage', 'policy:weekly', '--down', '--url', t.baseUrl]);
    expect(shown.stdout).toContain('└ fired firing:f-1');
  });

  test('a thing of a new kind that is not there is refused', async () => {
    await using t = await open();
    for (const ref of [
      'decision:x',
      'rollout:x',
      'alert:x',
      'firing:x',
      'policy:x',
      'gate:x',
      'monitor:x',
      'window:x',
    ]) {
      expect((await cli(['lineage', ref, '--url', t.baseUrl])).code, ref).toBe(5);
    }
  });

  test('without a monitor, who served by event time is read from the captures', async () => {
    await using t = await open();
    await t.client.request('POST', '/api/v1/endpoints', { json: { name: 'flights' } });
    const at = (eventTime: number, version: string, deployment: string) =>
      makeCapture({ event_time: eventTime, version: `version:flights/${version}`, deployment });
    await handCaptures(t.client).send(0, [
      at(START, '1', 'd-1'),
      at(START + DAY, '2', 'd-2'),
      at(START + DAY + 5, '2', 'd-2'),
    ]);
    const asked = (time: number) =>
      t.client.request<ServingAt>('GET', '/api/v1/endpoints/flights/serving-at', {
        query: { at: time, clock: 'event' },
      });
    expect((await asked(START + DAY)).answered).toMatchObject([
      { version: 'version:flights/2', predictions: 2, nearest: START + DAY },
      { version: 'version:flights/1', predictions: 1, nearest: START },
    ]);
    expect(await asked(START + 9 * DAY)).toMatchObject({ answered: [], text: expect.stringMatching(/^No prediction/) });
    const shown = await cli([
      'serving-at',
      '2001-03-05',
      '--endpoint',
      'flights',
      '--clock',
      'event',
      '--url',
      t.baseUrl,
    ]);
    expect(shown.stdout).toContain('the nearest prediction is of 2001-03-05 00:00:00, by flights/1.');
  });
});
