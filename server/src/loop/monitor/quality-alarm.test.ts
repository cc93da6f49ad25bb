import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import type { TestApp } from '../../../test/test-app.ts';
import { manualClock } from '../../platform/clock.ts';
import { listAlerts } from './alert.store.ts';
import { DAY, index, labellingApp, MONDAY, makePrediction, sendLines, settle, watch } from './label.fixture.ts';

const ROWS = 200;

describe.each(databases)('the quality alarm on $name', (database) => {
  const clock = manualClock();
  const declared = { quality: { metric: 'brier', tolerance: 0.02 }, minRows: 100 };

  /** A day of predictions of 0.25, of which every fourth one is true, or so many more. */
  async function addDay(t: TestApp, day: number, wrong: number): Promise<void> {
    const start = MONDAY + day * DAY;
    const predictions = Array.from({ length: ROWS }, (_, at) => makePrediction({ eventTime: start + at }));
    await index(t.context, predictions);
    const truth = (at: number) => (at % 4 === 0 || (at + day) % ROWS < wrong ? 1 : 0);
    await sendLines(
      t.client,
      predictions.map(({ id }, at) => ({ prediction: id, value: truth(at) })),
    );
    await watch(t.context, start + 10 * DAY, declared);
    clock.advance(120_000);
    await settle(t.context);
  }

  const standing = async (t: TestApp) =>
    (await listAlerts(t.context.db.read, { endpoint: 'flights', limit: 10 })).map(({ signal, state }) => [
      signal,
      state,
    ]);

  test('opens with a window that is worse than its reference by more than the tolerance, and clears with a good one', async () => {
    await using t = await labellingApp({ database, clock });
    await watch(t.context, MONDAY, declared);
    for (let day = 0; day < 9; day += 1) await addDay(t, day, (day * 7) % 5);
    expect(await standing(t)).toEqual([]);
    await addDay(t, 9, 150);
    await addDay(t, 10, 150);
    expect(await standing(t)).toEqual([['quality', 'open']]);
    interface Page {
      readonly windows: readonly {
        readonly quality: { readonly verdict: { readonly state: string; readonly note: string } };
      }[];
    }
    const { windows } = await t.client.request<Page>('GET', '/api/v1/endpoints/flights/quality');
    const states = windows.map(({ quality }) => quality.verdict.state).reverse();
    expect(states).toEqual([...Array(4).fill('learning'), ...Array(5).fill('ok'), 'alarm', 'alarm']);
    await addDay(t, 11, 0);
    expect(await standing(t)).toEqual([['quality', 'cleared']]);
  });

  test('a window with too few labels neither opens nor clears it', async () => {
    await using t = await labellingApp({ database, clock });
    for (let day = 0; day < 8; day += 1) await addDay(t, day, day % 3);
    await addDay(t, 8, 150);
    await index(t.context, [makePrediction({ eventTime: MONDAY + 9 * DAY })]);
    await watch(t.context, MONDAY + 30 * DAY, declared);
    clock.advance(120_000);
    await settle(t.context);
    expect(await standing(t)).toEqual([['quality', 'open']]);
  });
});
