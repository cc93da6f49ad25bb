import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { manualClock } from '../../platform/clock.ts';
import { readEventsOf } from '../../platform/events/event.store.ts';
import { DAY, index, labellingApp, MONDAY, makePrediction, sendLines, settle, some, watch } from './label.fixture.ts';
import { goldenMetrics, goldenRows } from './quality.golden.fixture.ts';
import { windowRef } from './window.ts';

interface Window {
  readonly start: number;
  readonly state: string;
  readonly revision: number;
  readonly outdated: boolean;
  readonly quality: {
    readonly predictions: number;
    readonly labelled: number;
    readonly coverage: number;
    readonly metrics: readonly { readonly name: string; readonly value: number | null; readonly low: number | null }[];
  } | null;
}
interface Page {
  readonly matured_until: number | null;
  readonly windows: readonly Window[];
}

const HOUR = 3_600_000;

describe.each(databases)('quality on $name', (database) => {
  const clock = manualClock();
  const open = () => labellingApp({ database, clock });
  type App = Awaited<ReturnType<typeof open>>;
  const quality = (t: App) => t.client.request<Page>('GET', '/api/v1/endpoints/flights/quality');
  const eventsOf = async (t: App, start: number) =>
    (await readEventsOf(t.context.db.read, windowRef('flights', start), 50)).map(({ type }) => type);
  const late = (t: App) => {
    clock.advance(120_000);
    return settle(t.context);
  };

  test('the metrics of a window equal those of scikit-learn, with intervals, delays and baselines', async () => {
    await using t = await open();
    await watch(t.context, MONDAY + HOUR);
    const predictions = goldenRows.map(({ score }, at) =>
      makePrediction({ prediction: score, eventTime: MONDAY + at, version: `version:flights/${1 + (at % 2)}` }),
    );
    await index(t.context, [...predictions, makePrediction({ eventTime: MONDAY + 500 })]);
    const labels = goldenRows.map(({ label }, at) => ({
      label,
      id: predictions[at]?.id ?? '',
      at: MONDAY + at + HOUR,
    }));
    await sendLines(
      t.client,
      labels.map(({ id, label, at }) => ({ prediction: id, value: label, label_time: at })),
    );
    await settle(t.context);
    const [window] = (await quality(t)).windows;
    expect(window).toMatchObject({ state: 'provisional', revision: 0, start: MONDAY, outdated: false });
    expect(window?.quality).toMatchObject({
      ...{ predictions: 401, labelled: 400, censored: 0, coverage: 400 / 401, delay: { p50: HOUR, p95: HOUR } },
      versions: [
        { version: 'version:flights/1', predictions: 201, labelled: 200 },
        { version: 'version:flights/2', predictions: 200, labelled: 200 },
      ],
    });
    for (const [name, value] of Object.entries(goldenMetrics)) {
      const metric = window?.quality?.metrics.find((one) => one.name === name);
      expect(Math.abs((metric?.value ?? Number.NaN) - value), name).toBeLessThan(1e-9);
      expect(metric?.low, name).toBeLessThan(value);
    }
    const share = goldenRows.filter(({ label }) => label === 1).length / 400;
    expect(window?.quality).toMatchObject({
      baselines: { constant: { accuracy: 1 - share, brier: share * (1 - share) } },
    });
  });

  test('a window is final once, when its labels are old enough, and what comes later makes revisions', async () => {
    await using t = await open();
    await watch(t.context, MONDAY + DAY, { labels: { maturityMs: 2 * DAY, coverage: 0.5 } });
    const [one, two, three] = [makePrediction(), makePrediction(), makePrediction({ eventTime: MONDAY + DAY })];
    await index(t.context, [one, two, three]);
    await sendLines(t.client, [{ prediction: one.id, value: 1, label_time: MONDAY + 1 }]);
    await late(t);
    expect((await quality(t)).windows).toMatchObject([{ start: MONDAY + DAY }, { state: 'provisional', revision: 0 }]);
    await watch(t.context, MONDAY + 3 * DAY, { labels: { maturityMs: 2 * DAY, coverage: 0.5 } });
    await late(t);
    await late(t);
    expect(await quality(t)).toMatchObject({
      matured_until: MONDAY + DAY,
      windows: [{ state: 'provisional' }, { state: 'final', revision: 1, quality: { labelled: 1 } }],
    });
    expect(await eventsOf(t, MONDAY)).toEqual(['window.matured']);
    const { outcomes } = await sendLines(t.client, [
      { prediction: one.id, value: 0, label_time: MONDAY + 9 },
      { prediction: two.id, value: 1, label_time: MONDAY + 9 },
    ]);
    expect(some(outcomes)).toEqual({ corrected: 1, late: 1 });
    expect((await quality(t)).windows[1]).toMatchObject({ state: 'final', revision: 1, outdated: true });
    await late(t);
    expect((await quality(t)).windows[1]).toMatchObject({ revision: 2, outdated: false, quality: { labelled: 2 } });
    await sendLines(t.client, [{ prediction: two.id, value: 1, label_time: MONDAY + 10 }]);
    await late(t);
    expect(await eventsOf(t, MONDAY)).toEqual(['window.matured', 'window.revised']);
  });

  test('a closed window is final before its time when every prediction has a label or never will have one', async () => {
    await using t = await open();
    await watch(t.context, MONDAY + DAY - 1);
    const [one, two] = [makePrediction(), makePrediction()];
    await index(t.context, [one, two]);
    await sendLines(t.client, [
      { prediction: one.id, value: 1 },
      { prediction: two.id, censored: 'cancelled' },
    ]);
    await late(t);
    expect((await quality(t)).windows).toMatchObject([{ state: 'provisional' }]);
    await watch(t.context, MONDAY + DAY);
    await late(t);
    expect((await quality(t)).windows).toMatchObject([{ state: 'final', quality: { labelled: 1, censored: 1 } }]);
  });

  test('a monitor that is declared later, or with other windows, finds what was there before', async () => {
    await using t = await open();
    const predictions = [0, 1, 5].map((day) => makePrediction({ eventTime: MONDAY + day * DAY }));
    await index(t.context, predictions);
    await sendLines(
      t.client,
      predictions.map(({ id }) => ({ prediction: id, value: 1 })),
    );
    await watch(t.context, MONDAY);
    await late(t);
    const starts = async () => (await quality(t)).windows.map(({ start }) => (start - MONDAY) / DAY);
    expect(await starts()).toEqual([5, 1, 0]);
    await watch(t.context, MONDAY, { windowMs: 7 * DAY });
    await late(t);
    expect(await starts()).toEqual([0]);
    expect((await quality(t)).windows).toMatchObject([{ quality: { predictions: 3, labelled: 3 } }]);
  });
});
