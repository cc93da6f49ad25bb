import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { readPolicy, toPolicyDeclaration } from './policy.schema.ts';
import type { Policy, Trigger } from './policy.ts';
import { cronProblem, nextOccurrence, occurrencesBetween } from './schedule.ts';
import type { Facts } from './triggers.ts';
import { emptyWorld, type FiringFact, type StandingAlert, type World } from './world.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2013, 3, 15);
const week = (back: number, labelled: number) => ({
  start: NOW - back * 7 * DAY,
  end: NOW - (back - 1) * 7 * DAY,
  labelled,
});

const policy = (triggers: Trigger[], change: Partial<Policy> = {}): Policy => ({
  ...{
    name: 'p',
    endpoint: 'flights',
    model: null,
    job: 'train',
    input: 'flights',
    triggers,
    gate: null,
    rollout: null,
  },
  data: { from: 'captures', dataset: 'flights', window: 'expanding', holdoutMs: 14 * DAY, minimumRows: 100 },
  ...{ cooldownMs: 28 * DAY, budget: { firingsPerYear: 3, rejectionsInARow: 3 } },
  ...change,
});

const alert = (id: string, signal: StandingAlert['signal']): StandingAlert => ({
  id,
  signal,
  features: ['delay'],
  since: NOW - 7 * DAY,
});

const firing = (number: number, daysAgo: number, change: Partial<FiringFact> = {}): FiringFact => ({
  ...{ id: `f${number}`, policy: 'p', number, eventTime: NOW - daysAgo * DAY, outcome: 'promoted' },
  ...{ trainedUntil: NOW - (daysAgo + 14) * DAY, base: 1, version: null },
  ...change,
});

/** Ten matured weeks of 100 labelled rows. */
const facts = (world: Partial<World> = {}, change: Partial<Facts> = {}): Facts => ({
  occasion: { kind: 'event', type: 'window.closed', subject: 'window:flights@x' },
  eventTime: NOW,
  world: {
    ...emptyWorld,
    ...{
      clock: NOW,
      maturedUntil: NOW,
      servesSince: 1,
      windows: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map((back) => week(back, 100)),
    },
    ...world,
  },
  ...{ pushed: null, pausedBecause: null, forgivenUntil: 0 },
  ...change,
});

const drift = policy([{ kind: 'drift', signal: 'data' }]);
const drifted = { alerts: [alert('12', 'data_drift')] };

describe('what makes a policy fire', () => {
  test('nothing wants it: every trigger says what it lacks', () => {
    const all = policy([
      { kind: 'drift', signal: 'data' },
      { kind: 'quality' },
      { kind: 'labels', rows: 5000 },
      { kind: 'schedule', cron: '0 3 * * 1' },
      { kind: 'dataset' },
      { kind: 'webhook' },
    ]);
    expect(decide(all, facts())).toMatchObject({
      kind: 'idle',
      text:
        'did not fire: no alarm of data drift stands; no alarm of quality stands; 1,000 of 5,000 new labelled rows have matured; ' +
        'the schedule comes next at 2013-04-15 03:00 UTC; no version of flights was pushed that is new; the webhook was not called',
    });
  });

  test.each<[string, Trigger, Partial<World>, Partial<Facts>, string]>([
    [
      'a standing alarm of data drift',
      { kind: 'drift', signal: 'data' },
      drifted,
      {},
      'an alarm of data drift of delay stands since 2013-04-08 (alert:12)',
    ],
    [
      'one of prediction drift',
      { kind: 'drift', signal: 'prediction' },
      { alerts: [alert('13', 'prediction_drift')] },
      {},
      'an alarm of prediction drift of delay stands since 2013-04-08 (alert:13)',
    ],
    [
      'one of quality',
      { kind: 'quality' },
      { alerts: [alert('14', 'quality')] },
      {},
      'an alarm of quality of delay stands since 2013-04-08 (alert:14)',
    ],
    ['enough labels', { kind: 'labels', rows: 1000 }, {}, {}, '1,000 new labelled rows have matured'],
    [
      'a schedule',
      { kind: 'schedule', cron: '0 3 * * 1' },
      {},
      { occasion: { kind: 'schedule', due: NOW } },
      'the schedule "0 3 * * 1" came to 2013-04-15',
    ],
    ['a pushed version', { kind: 'dataset' }, {}, { pushed: { number: 2, seq: 5 } }, 'flights@2 was pushed'],
    [
      'a webhook',
      { kind: 'webhook' },
      {},
      { occasion: { kind: 'webhook', subject: 'policy:p' } },
      'the webhook was called',
    ],
    [
      'a person',
      { kind: 'quality' },
      {},
      { occasion: { kind: 'manual', actor: 'ana', reason: 'new sensor' } },
      'ana asked for it: new sensor',
    ],
  ])('%s fires it', (_title, trigger, world, change, text) => {
    expect(decide(policy([trigger]), facts(world, change))).toMatchObject({ kind: 'fire', text: `fired: ${text}` });
  });

  test('an alarm of another signal does not', () => {
    expect(
      decide(drift, facts({ alerts: [alert('1', 'prediction_drift'), alert('2', 'quality'), alert('3', 'volume')] }))
        .kind,
    ).toBe('idle');
  });

  test('labels count from the end of the captured rows that the stable version learnt from', () => {
    const labels = policy([{ kind: 'labels', rows: 501 }]);
    const world = {
      stable: 'version:flights/4',
      firings: [firing(1, 40, { version: 'version:flights/4', trainedUntil: NOW - 35 * DAY })],
    };
    expect(decide(labels, facts(world)).text).toBe(
      'did not fire: 500 of 501 new labelled rows have matured since 2013-03-11',
    );
  });

  test('a version that was pushed before the endpoint served, or was used already, is no news', () => {
    const pushed = policy([{ kind: 'dataset' }]);
    expect(decide(pushed, facts({ servesSince: 9 }, { pushed: { number: 1, seq: 5 } })).kind).toBe('idle');
    expect(
      decide(pushed, facts({ firings: [firing(1, 60, { base: 2 })] }, { pushed: { number: 2, seq: 50 } })).kind,
    ).toBe('idle');
    expect(
      decide(pushed, facts({ firings: [firing(1, 60, { base: 2 })] }, { pushed: { number: 3, seq: 50 } })).kind,
    ).toBe('fire');
  });
});

describe('what keeps a policy from firing', () => {
  test.each<[string, Partial<World>, Partial<Facts>, string]>([
    ['a cooldown', { firings: [firing(3, 11)] }, {}, 'cooldown until 2013-05-02 (28 d after firing 3)'],
    [
      'the budget of a year',
      { firings: [firing(1, 300), firing(2, 200), firing(3, 100)] },
      {},
      'the budget of 3 firings a year is used up until 2013-06-19 (a year after firing 1)',
    ],
    [
      'an open firing, also of another policy',
      { firings: [firing(7, 60, { policy: 'q', outcome: null })] },
      {},
      'firing 7 of q is under way',
    ],
    ['an open rollout', { rollout: 'rollout:r' }, {}, 'rollout:r of the endpoint is under way'],
    ['a pause', {}, { pausedBecause: 'holidays' }, 'the policy is paused: holidays'],
    [
      'an alarm about the data itself',
      { alerts: [alert('12', 'data_drift'), alert('13', 'data_quality')] },
      {},
      'an alarm about the data of delay stands since 2013-04-08 (alert:13): fix the pipe first',
    ],
    [
      'too few labelled rows',
      { windows: [week(3, 60), week(1, 90)] },
      {},
      '60 of at least 100 labelled rows have matured before the holdout',
    ],
    ['an empty holdout', { windows: [week(5, 900)] }, {}, 'no labelled row lies in the holdout from 2013-04-01 on'],
    [
      'no matured window',
      { maturedUntil: null },
      {},
      'no window has matured labels yet, so that nothing could judge a candidate',
    ],
    [
      'nothing new since the last data',
      { firings: [firing(1, 60, { trainedUntil: NOW - 14 * DAY })] },
      {},
      'no labelled row has matured before the holdout (2013-04-01) since the data of firing 1',
    ],
  ])('%s', (_title, world, change, text) => {
    const verdict = decide(drift, facts({ ...drifted, ...world }, change));
    expect(verdict.kind).toBe('hold');
    expect(verdict.text).toBe(
      `did not fire although an alarm of data drift of delay stands since 2013-04-08 (alert:12): ${text}`,
    );
  });

  test('a cooldown that is over, and a budget of firings a year ago, do not', () => {
    const world = { ...drifted, firings: [firing(1, 400), firing(2, 390), firing(3, 366), firing(4, 28)] };
    expect(decide(drift, facts(world)).kind).toBe('fire');
  });

  test('a person is kept from it by what makes it impossible, and by nothing else', () => {
    const occasion = { kind: 'manual', actor: 'ana', reason: null } as const;
    const world = {
      alerts: [alert('13', 'data_quality')],
      firings: [firing(3, 1, { trainedUntil: NOW - 40 * DAY })],
      windows: [week(3, 60), week(1, 90)],
    };
    expect(decide(drift, facts(world, { occasion, pausedBecause: 'holidays' })).kind).toBe('fire');
    expect(decide(drift, facts({ maturedUntil: null }, { occasion })).kind).toBe('hold');
    expect(decide(drift, facts({ firings: [firing(3, 60, { outcome: null })] }, { occasion })).kind).toBe('hold');
  });

  test('candidates that are rejected one after the other pause it, unless somebody resumed it since', () => {
    const rejected = [
      firing(1, 200),
      firing(2, 150, { outcome: 'not_better' }),
      firing(3, 100, { outcome: 'invalid' }),
      firing(4, 50, { outcome: 'not_better' }),
    ];
    const pause = decide(drift, facts({ ...drifted, firings: rejected }));
    expect(pause).toMatchObject({
      kind: 'pause',
      text: 'paused itself: the last 3 candidates were not better (firings 2, 3, 4)',
    });
    expect(decide(drift, facts({ ...drifted, firings: rejected }, { pausedBecause: 'it' })).kind).toBe('hold');
    expect(
      decide(
        policy(drift.triggers as Trigger[], { budget: { firingsPerYear: 9, rejectionsInARow: 3 } }),
        facts({ ...drifted, firings: rejected }, { forgivenUntil: 4 }),
      ).kind,
    ).toBe('fire');
    const mixed = [...rejected.slice(0, 3), firing(4, 50, { outcome: 'promoted' })];
    expect(
      decide(
        policy(drift.triggers as Trigger[], { budget: { firingsPerYear: 9, rejectionsInARow: 2 } }),
        facts({ ...drifted, firings: mixed }),
      ).kind,
    ).toBe('fire');
  });
});

describe('a declaration', () => {
  const declaration = {
    ...{ endpoint: 'flights', job: 'train', input: 'flights', gate: 'better', cooldown: '28d' },
    triggers: [
      { drift: 'data' },
      { quality: 'drop' },
      { schedule: '0 3 * * 1' },
      { labels: 5000 },
      { dataset: 'pushed' },
      { webhook: true },
    ],
    data: { from: 'captures', dataset: 'flights', window: '56d', holdout: '28d', minimum_rows: 50 },
    budget: { firings_per_year: 6, rejections_in_a_row: 2 },
    rollout: { steps: [10, 50, 100], min_seconds: 60, min_requests: 200 },
  };

  test('and the policy that it stands for can be told from each other back and forth', () => {
    const read = readPolicy('p', declaration);
    expect(toPolicyDeclaration(read)).toEqual(declaration);
    expect(readPolicy('p', toPolicyDeclaration(read))).toEqual(read);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['an unknown member', { cooldwn: '1d' }, ''],
    ['an unknown trigger', { triggers: [{ drift: 'sideways' }] }, '/triggers'],
    ['a schedule that is none', { triggers: [{ schedule: 'every monday' }] }, 'five fields'],
    ['a schedule of every minute', { triggers: [{ schedule: '* * * * *' }] }, 'more often than once an hour'],
    ['a schedule that never comes', { triggers: [{ schedule: '0 0 31 2 *' }] }, 'never comes'],
    ['a holdout of nothing', { data: { from: 'captures', dataset: 'flights', holdout: '0s' } }, 'holdout'],
    [
      'a window that is no duration',
      { data: { from: 'captures', dataset: 'flights', holdout: '1d', window: 'long' } },
      '/data',
    ],
    ['steps that fall', { rollout: { steps: [50, 10] } }, '/rollout/steps'],
    ['a budget of nothing', { budget: { firings_per_year: 0 } }, '/budget'],
    ['data from nowhere', { data: { from: 'memory', dataset: 'flights' } }, '/data'],
  ])('with %s is refused in words', (_title, change, words) => {
    const refused = () => readPolicy('p', { ...declaration, ...change });
    expect(refused).toThrow(
      expect.objectContaining({ code: 'RETRAIN_INVALID_POLICY', message: expect.stringContaining(words) }),
    );
  });
});

test('schedules are UTC, whatever the machine thinks, and start after the moment', () => {
  expect(nextOccurrence('0 3 * * 1', Date.UTC(2013, 3, 15, 3))).toBe(Date.UTC(2013, 3, 22, 3));
  expect(occurrencesBetween('0 3 * * *', NOW, NOW + 3 * DAY)).toEqual(
    [0, 1, 2].map((day) => NOW + day * DAY + 3 * 3_600_000),
  );
  expect(cronProblem('0 3 * * 1')).toBeNull();
});
