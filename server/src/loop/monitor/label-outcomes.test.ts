import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { manualClock } from '../../platform/clock.ts';
import { readEventsOf } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import {
  DAY,
  index,
  LABELS,
  labellingApp,
  MONDAY,
  makePrediction,
  sendLines,
  settle,
  some,
  watch,
} from './label.fixture.ts';

const COUNT = 10_000;
const HOUR = 3_600_000;

interface Expected {
  value: number;
  time: number;
}

/** A small generator, so that a failure can be repeated. */
function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  let state = seed;
  const ranked = items.map((item) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return { item, rank: state };
  });
  return ranked.sort((one, other) => one.rank - other.rank).map(({ item }) => item);
}

interface Row {
  readonly label: string | null;
  readonly label_time: number | null;
}

function says({ label, label_time }: Row = { label: null, label_time: null }, expected?: Expected): boolean {
  if (!expected) return label === null && label_time === null;
  return label === String(expected.value) && label_time === expected.time;
}

function sumOf(all: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of all.flatMap((one) => Object.entries(one))) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

describe.each(databases)('10,000 predictions on $name', (database) => {
  test('each label has its documented outcome, counts add up, and windows say what the labels say', async () => {
    const clock = manualClock();
    await using t = await labellingApp({ database, clock });
    await watch(t.context, MONDAY + DAY);
    const predictions = Array.from({ length: COUNT }, (_, at) =>
      makePrediction({
        eventTime: MONDAY + Math.floor((at * 4 * DAY) / COUNT),
        key: `flight-${at}`,
        prediction: (at % 10) / 10,
      }),
    );
    for (let at = 0; at < COUNT; at += 2_000) await index(t.context, predictions.slice(at, at + 2_000));
    const expected = new Map<number, Expected>();
    const say = (at: number, value: number, time: number) => {
      const { id = '', key = null } = predictions[at] ?? {};
      return { ...(at % 3 === 0 ? { key } : { prediction: at % 3 === 1 ? id : `${id}.0` }), value, label_time: time };
    };
    const timeOf = (at: number) => (predictions[at]?.eventTime ?? 0) + HOUR;
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

    // 6,000 in time: every prediction but those of which the number ends in 6, 7, 8 or 9.
    const onTime = range(0, COUNT).filter((at) => at % 10 < 6);
    for (const at of onTime) expected.set(at, { value: at % 2, time: timeOf(at) });
    const first = await sendLines(
      t.client,
      shuffled(onTime, 1).map((at) => say(at, at % 2, timeOf(at))),
      'in-time',
    );
    expect(first).toMatchObject({ received: 6_000, outcomes: { accepted: 6_000 } });

    await watch(t.context, MONDAY + 20 * DAY);
    clock.advance(60_000);
    await settle(t.context);
    const quality = () =>
      t.client.request<{
        windows: {
          state: string;
          revision: number;
          start: number;
          quality: { predictions: number; labelled: number };
        }[];
      }>('GET', '/api/v1/endpoints/flights/quality');
    expect(
      (await quality()).windows.map(({ state, revision, quality: { labelled } }) => [state, revision, labelled]),
    ).toEqual(Array.from({ length: 4 }, () => ['final', 1, 1_500]));

    const late = range(0, COUNT).filter((at) => at % 10 === 6);
    const repeated = onTime.filter((at) => at % 10 === 0);
    const corrected = onTime.filter((at) => at % 10 === 1);
    const contradictory = onTime.filter((at) => at % 10 === 2);
    const superseded = onTime.filter((at) => at % 10 === 3).slice(0, 500);
    const unknown = range(0, 400).map((at) => ({
      ...(at % 2 ? { key: `no-${at}` } : { prediction: uuidv7() }),
      value: 1,
    }));
    const invalid = range(0, 150).map((at) => ({ prediction: predictions[at]?.id, value: 0.5 + at }));
    const flip = (at: number) => 1 - (at % 2);
    for (const at of late) expected.set(at, { value: 1, time: timeOf(at) + 30 * DAY });
    for (const at of corrected) expected.set(at, { value: flip(at), time: timeOf(at) + DAY });
    for (const at of contradictory) expected.set(at, { value: flip(at), time: timeOf(at) });
    const second = shuffled<unknown>(
      [
        ...late.map((at) => say(at, 1, timeOf(at) + 30 * DAY)),
        ...repeated.map((at) => say(at, at % 2, timeOf(at))),
        ...corrected.map((at) => say(at, flip(at), timeOf(at) + DAY)),
        ...contradictory.map((at) => say(at, flip(at), timeOf(at))),
        ...superseded.map((at) => say(at, flip(at), timeOf(at) - 1)),
        ...unknown,
        ...invalid,
      ],
      2,
    );
    const receipt = await sendLines(t.client, second, 'later');
    const outcomes = {
      ...{ late: 1_000, repeated: 1_000, corrected: 1_000, contradictory: 1_000, superseded: 500 },
      ...{ unknown: 400, invalid: 150 },
    };
    expect(some(receipt.outcomes)).toEqual(outcomes);
    expect(receipt.received).toBe(second.length);
    const page = await t.client.request<{ received: number; waiting: number; outcomes: object }>('GET', LABELS);
    expect(page).toMatchObject({ received: 6_000 + second.length, waiting: 400 });
    expect(Object.values(page.outcomes).reduce((sum: number, count) => sum + Number(count), 0)).toBe(page.received);

    const rows = await t.context.db.read
      .selectFrom('monitor_predictions')
      .select(['id', 'label', 'label_time'])
      .execute();
    const kept = new Map(rows.map((row) => [row.id, row]));
    const wrong = predictions.filter(({ id }, at) => !says(kept.get(id), expected.get(at)));
    expect(wrong).toEqual([]);
    clock.advance(60_000);
    await settle(t.context);
    expect(
      (await quality()).windows.map(({ state, revision, quality: { labelled } }) => [state, revision, labelled]),
    ).toEqual(Array.from({ length: 4 }, () => ['final', 2, 1_750]));
    const told = (await readEventsOf(t.context.db.read, 'endpoint:flights', 1_000)).filter(
      ({ type }) => type === 'labels.stored',
    );
    const sums = sumOf(told.map(({ data }) => data['outcomes'] as Record<string, number>));
    expect(sums).toEqual(page.outcomes);
    // Sent again, nothing is counted again, and nothing changes.
    expect(await sendLines(t.client, second, 'later')).toEqual(receipt);
    expect(await t.client.request('GET', LABELS)).toMatchObject({ received: page.received });
  });
});
