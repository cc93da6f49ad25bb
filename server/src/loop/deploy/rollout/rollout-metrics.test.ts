import { describe, expect, test } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { testApp } from '../../../../test/test-app.ts';
import { folderSource } from '../model-source.fixture.ts';
import { createDeployStage } from '../stage.ts';
import { insertRollout } from './rollout.store.ts';
import { defaultRollout } from './rollout.ts';
import { rolloutMetrics } from './rollout-metrics.ts';

describe.each(databases)('the share of a candidate on $name', (database) => {
  test('is told while its rollout is open', async () => {
    await using t = await testApp({
      database,
      stages: [createDeployStage(folderSource('/nowhere'))],
      background: false,
    });
    const read = async () =>
      (await rolloutMetrics(t.context)[0]?.read())?.map(({ labels, value }) => ({ ...labels, value }));
    const move = (change: { state: 'canary' | 'promoting' | 'promoted'; step?: number; ended_at?: number }) =>
      t.context.db.transaction((trx) => trx.updateTable('rollouts').set(change).execute());
    expect(await read()).toEqual([]);
    await t.context.db.transaction((trx) =>
      insertRollout(trx, {
        ...{
          id: 'r-1',
          key: 'k',
          endpoint: 'flights',
          candidate: 'd-2',
          version: 'version:flights/2',
          previous: 'd-1',
        },
        ...{ decision: 'd', plan: defaultRollout, before: { 'd-1': 100 }, actor: 'a', lastEvent: 'e', createdAt: 1 },
      }),
    );
    expect(await read()).toEqual([{ endpoint: 'flights', value: 0 }]);
    await move({ state: 'canary', step: 1 });
    expect(await read()).toEqual([{ endpoint: 'flights', value: 50 }]);
    await move({ state: 'promoting' });
    expect(await read()).toEqual([{ endpoint: 'flights', value: 100 }]);
    await move({ state: 'promoted', ended_at: 2 });
    expect(await read()).toEqual([]);
  });
});
