import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { hashKey } from '../serve/erasure.ts';
import { erasedSubscription } from './erased-subscription.ts';
import { DAY, index, labellingApp, MONDAY, makePrediction, sendLines, settle, watch } from './label.fixture.ts';
import { monitorMetrics } from './monitor-metrics.ts';

describe.each(databases)('what a monitor tells on $name', (database) => {
  test('the metrics mirror the newest closed window, the open alerts and the newest labels', async () => {
    await using t = await labellingApp({ database });
    const shared = { workspace: 'default', endpoint: 'flights' };
    await watch(t.context, MONDAY + DAY);
    await t.context.db.transaction(async (trx) => {
      for (const [start, closed_at] of [
        [MONDAY, 5],
        [MONDAY + DAY, 6],
        [MONDAY + 2 * DAY, null],
      ] as const) {
        const state = closed_at === null ? 'open' : 'closed';
        const window = { ...shared, start, end_time: start + DAY, state, row_count: 1, late: 0, closed_at } as const;
        await trx
          .insertInto('monitor_windows')
          .values({ ...window, version: null, alarms: '{}', note: null })
          .execute();
        const rest = { n: 1, m: 1, bins: null, method: 'x', detail: '{}', alpha: 0.1, state: 'ok' } as const;
        const result = { ...shared, start, signal: 'data_drift', test: 'drift', ...rest } as const;
        await trx
          .insertInto('monitor_results')
          .values([
            { ...result, feature: 'distance', effect: start === MONDAY ? 0.9 : 0.25, p_value: 0.01 },
            { ...result, feature: 'empty', effect: null, p_value: null },
          ])
          .execute();
      }
      for (const [id, state] of [
        ['a', 'open'],
        ['b', 'cleared'],
      ] as const) {
        const windows = { first_window: MONDAY, last_window: MONDAY, ended_window: null };
        const alert = {
          ...shared,
          id,
          signal: 'data_drift',
          state,
          features: '[]',
          version: null,
          summary: '',
        } as const;
        const ended = { event: 'e', opened_at: 1, ended_at: null, ended_by: null };
        await trx
          .insertInto('monitor_alerts')
          .values({ ...alert, ...windows, ...ended } as never)
          .execute();
      }
    });
    const predictions = [makePrediction(), makePrediction()];
    await index(t.context, predictions);
    await sendLines(t.client, [{ prediction: predictions[0]?.id, value: 1 }]);
    await settle(t.context);
    const told = await Promise.all(
      monitorMetrics(t.context).map(async ({ name, read }) => [name, await read()] as const),
    );
    const endpoint = 'flights';
    expect(Object.fromEntries(told)).toEqual({
      bucle_window_end_timestamp_seconds: [{ labels: { endpoint }, value: (MONDAY + 2 * DAY) / 1000 }],
      bucle_alerts_open: [{ labels: { endpoint, signal: 'data_drift' }, value: 1 }],
      bucle_feature_drift: [{ labels: { endpoint, feature: 'distance' }, value: 0.25 }],
      bucle_feature_pvalue: [{ labels: { endpoint, feature: 'distance' }, value: 0.01 }],
      bucle_label_coverage_ratio: [{ labels: { endpoint }, value: 0.5 }],
    });
  });

  test('an erasure takes the key out of the index and the labels, and out of nothing else', async () => {
    await using t = await labellingApp({ database });
    const [ana, bea] = [makePrediction({ key: 'ana' }), makePrediction({ key: 'bea' })];
    await index(t.context, [ana, bea]);
    await sendLines(
      t.client,
      ['ana', 'bea'].map((key) => ({ key, value: 1 })),
    );
    const data = { key_sha256: hashKey('ana'), predictions: 1, ids: [`${ana.id}.0`], log: 'l', first: 0 };
    const event = { seq: 1, id: 'e', type: 'captures.erased', subject: 'endpoint:flights', cause: null, actor: 'a' };
    for (let times = 0; times < 2; times += 1) {
      await t.context.db.transaction((trx) =>
        erasedSubscription.handle({ ...event, eventTime: 1, recordedAt: 1, data }, trx as never),
      );
    }
    const { read } = t.context.db;
    const rows = await read.selectFrom('monitor_predictions').select(['id', 'key', 'score']).orderBy('id').execute();
    expect(rows).toEqual(
      [
        { id: ana.id, key: null, score: 0.25 },
        { id: bea.id, key: 'bea', score: 0.25 },
      ].sort((one, other) => (one.id < other.id ? -1 : 1)),
    );
    const labels = await read.selectFrom('monitor_labels').select(['prediction_id', 'label_key']).execute();
    expect(labels.map(({ prediction_id, label_key }) => [prediction_id, label_key])).toEqual(
      expect.arrayContaining([
        [ana.id, null],
        [bea.id, 'bea'],
      ]),
    );
  });
});
