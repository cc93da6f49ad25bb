import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { deliverAll } from '../../../test/deliver-all.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { dataStage } from '../data/stage.ts';
import { backtestPolicy } from './backtest-policy.ts';
import { listChecks } from './check.store.ts';
import { declarePolicy, removePolicy } from './declare-policy.ts';
import { explainPolicy } from './explain-policy.ts';
import { firePolicy } from './fire-policy.ts';
import { listFirings, moveFiring } from './firing.store.ts';
import { pausePolicy, resumePolicy } from './pause-policy.ts';
import { type PolicyDeclaration, readPolicy } from './policy.schema.ts';
import { findPolicy, listPolicyVersions } from './policy.store.ts';
import { alert, DAY, START, scriptedPorts, tell, window } from './scripted-ports.fixture.ts';
import { createRetrainStage } from './stage.ts';
import type { Outcome } from './world.ts';

const because = { actor: 'ana', cause: null };

const declaration: PolicyDeclaration = {
  ...{ endpoint: 'flights', job: 'train', input: 'flights' },
  triggers: [{ drift: 'data' }, { schedule: '0 3 1 * *' }],
  data: { from: 'captures', dataset: 'flights', holdout: '14d', minimum_rows: 100 },
  ...{ cooldown: '28d', budget: { firings_per_year: 12, rejections_in_a_row: 2 } },
};

const ports = scriptedPorts();
const stage = createRetrainStage(ports);

/** Everything that has happened is looked at, in order, by the subscriptions of the stage. */
async function look({ context }: Pick<TestApp, 'context'>): Promise<void> {
  for (const subscription of stage.subscriptions?.(context) ?? []) await deliverAll(context.db, subscription);
}

/** Ends the open firing as its controller would. */
async function end({ context }: Pick<TestApp, 'context'>, outcome: Outcome): Promise<void> {
  const [open] = await listFirings(context.db.read, { policy: 'weekly', open: true, limit: 1 });
  if (!open) throw new Error('No firing is open.');
  const now = context.clock.now();
  await context.db.transaction((trx) =>
    moveFiring(trx, open.id, 'fired', { state: 'done', changed_at: now, ended_at: now, outcome, summary: 'It ended.' }),
  );
  const data = { endpoint: 'flights', policy: 'weekly' };
  const subject = `firing:${open.id}`;
  const frozen = { ...data, base: null, trained_until: (open.maturedUntil ?? 0) - 14 * DAY };
  await tell(context, { type: 'firing.training', subject, data: frozen });
  await tell(context, { type: 'firing.done', subject, data: { ...data, outcome } });
}

async function passWeek(t: Pick<TestApp, 'context'>, week: number): Promise<void> {
  await tell(t.context, window.closed(week));
  await tell(t.context, window.matured(week));
  await look(t);
}

/** Every nine weeks: drift in the third, a sick pipe in the sixth and seventh, all clear in the ninth. */
function alarmsOf(week: number) {
  const alarms: Readonly<Record<number, ReturnType<typeof alert>>> = {
    2: alert(`a${week}`, 'data_drift', week),
    5: alert(`q${week}`, 'data_quality', week),
    6: alert(`q${week - 1}`, 'data_quality', week, 'alert.cleared'),
    8: alert(`a${week - 6}`, 'data_drift', week, 'alert.cleared'),
  };
  const alarm = alarms[week % 9];
  return alarm ? [alarm] : [];
}

async function endOpen(t: Pick<TestApp, 'context'>, outcomes: Outcome[]): Promise<void> {
  const [running] = await listFirings(t.context.db.read, { policy: 'weekly', open: true, limit: 1 });
  if (running) await end(t, outcomes.shift() ?? 'promoted');
}

describe.each(databases)('checks of a policy on $name', (database) => {
  const open = () => testApp({ database, stages: [dataStage, stage], background: false });

  test('each event is decided about once; the same verdict for the same reason in a row is one record', async () => {
    await using t = await open();
    const { context } = t;
    await declarePolicy(context, { name: 'weekly', declaration, ...because });
    for (const week of [0, 1, 2]) await passWeek(t, week);
    const opened = await tell(context, alert('12', 'data_drift', 2));
    await look(t);
    await look(t);
    for (const week of [3, 4]) await passWeek(t, week);
    const checks = (await listChecks(context.db.read, 'weekly', { before: null, limit: 10 })).reverse();
    expect(checks.map(({ kind, times, summary }) => [kind, times, summary])).toEqual([
      ['idle', 6, 'did not fire: no alarm of data drift stands; the schedule comes next at 2013-04-01 03:00 UTC'],
      ['fire', 1, 'fired: an alarm of data drift of delay stands since 2013-03-25 (alert:12)'],
      [
        ...['hold', 2],
        'did not fire although an alarm of data drift of delay stands since 2013-03-25 (alert:12): firing 1 of weekly is under way; cooldown until 2013-04-22 (28 d after firing 1)',
      ],
      [
        ...['hold', 1],
        'did not fire although an alarm of data drift of delay stands since 2013-03-25 (alert:12); the schedule "0 3 1 * *" came to 2013-04-01 03:00 UTC: ' +
          'firing 1 of weekly is under way; cooldown until 2013-04-22 (28 d after firing 1)',
      ],
      expect.arrayContaining(['hold', 2]),
    ]);
    const [firing] = await listFirings(context.db.read, { policy: 'weekly', limit: 10 });
    expect(firing).toMatchObject({
      number: 1,
      cause: opened,
      eventTime: START + 21 * DAY,
      maturedUntil: START + 21 * DAY,
    });
    expect(checks[1]).toMatchObject({ firing: firing?.id, firstCause: opened, policyVersion: 1 });
  });

  test('a replay over the recorded history decides exactly as the live checks did', async () => {
    await using t = await open();
    const { context } = t;
    await declarePolicy(context, { name: 'weekly', declaration, ...because });
    const outcomes: Outcome[] = ['promoted', 'not_better', 'not_better'];
    for (let week = 0; week < 30; week++) {
      await passWeek(t, week);
      for (const event of alarmsOf(week)) await tell(context, event);
      await look(t);
      if (week % 2 === 0) await endOpen(t, outcomes);
      await look(t);
    }
    const live = (await listChecks(context.db.read, 'weekly', { before: null, limit: 1000 })).reverse();
    const replayed = await backtestPolicy(context, readPolicy('weekly', declaration));
    const comparable = (kind: string, text: string, times: number, first: number | null) =>
      `${kind} ${times} ${first}: ${text}`;
    expect(replayed.moments.map((one) => comparable(one.kind, one.summary, one.times, one.firstEventTime))).toEqual(
      live.map((one) => comparable(one.kind, one.summary, one.times, one.firstEventTime)),
    );
    const fired = live.filter(({ kind }) => kind === 'fire');
    expect(fired.length).toBeGreaterThanOrEqual(3);
    expect(live.some(({ kind }) => kind === 'pause')).toBe(true);
    expect(replayed.moments.flatMap(({ really }) => (really ? [really.number] : []))).toEqual(
      fired.map((_, index) => index + 1),
    );
    expect(replayed.missed).toEqual([]);

    const impatient = await backtestPolicy(
      context,
      readPolicy('weekly', { ...declaration, cooldown: '0s', triggers: [{ labels: 336 }] }),
    );
    expect(impatient.checks.fire).toBeGreaterThan(fired.length);
    expect(impatient.missed.length).toBeGreaterThan(0);
  });

  test('rejections in a row pause it, a person resumes it, and each is told with its causes', async () => {
    await using t = await open();
    const { context } = t;
    await declarePolicy(context, { name: 'weekly', declaration: { ...declaration, cooldown: '0s' }, ...because });
    for (const week of [0, 1, 2, 3]) await passWeek(t, week);
    await tell(context, alert('1', 'data_drift', 3));
    await look(t);
    await end(t, 'not_better');
    await passWeek(t, 4);
    await end(t, 'not_better');
    await look(t);
    const paused = (await findPolicy(context.db.read, 'weekly'))?.paused;
    expect(paused).toMatchObject({
      by: 'policy:weekly',
      reason: 'the last 2 candidates were not better (firings 1, 2)',
    });
    const { now, lines } = await explainPolicy(context, 'weekly', { limit: 50 });
    expect(now).toContain('is paused by policy:weekly: the last 2 candidates were not better');
    expect(lines.map(({ text }) => text)).toContain(
      '2013-04-01: fired: an alarm of data drift of delay stands since 2013-04-01 (alert:1) → firing 1: not better. It ended.',
    );
    await passWeek(t, 5);
    expect(await listFirings(context.db.read, { policy: 'weekly', limit: 10 })).toHaveLength(2);
    await resumePolicy(context, { name: 'weekly', ...because });
    await passWeek(t, 6);
    expect(await listFirings(context.db.read, { policy: 'weekly', limit: 10 })).toHaveLength(3);
  });

  test('a schedule comes as soon as captured event times pass it, and only once', async () => {
    await using t = await open();
    const { context } = t;
    await declarePolicy(context, {
      name: 'weekly',
      declaration: { ...declaration, triggers: [{ schedule: '0 3 1 * *' }], cooldown: '0s' },
      ...because,
    });
    for (const week of [0, 1, 2]) await passWeek(t, week);
    const stored = (event: number) => {
      ports.script.watermark = event;
      return tell(context, {
        type: 'captures.stored',
        subject: 'captures:g@0',
        data: { endpoints: [{ endpoint: 'flights', captures: 1 }] },
      });
    };
    await stored(Date.UTC(2013, 3, 1, 2));
    await look(t);
    expect(await listFirings(context.db.read, { policy: 'weekly', limit: 10 })).toHaveLength(0);
    await stored(Date.UTC(2013, 3, 1, 4));
    await look(t);
    await passWeek(t, 3);
    await passWeek(t, 4);
    const firings = await listFirings(context.db.read, { policy: 'weekly', limit: 10 });
    expect(firings.map(({ eventTime }) => eventTime)).toEqual([Date.UTC(2013, 3, 1, 3)]);
  });

  test('every change of a policy is a version of its own, and a removed one goes on counting', async () => {
    await using t = await open();
    const { context } = t;
    const say = (change: Partial<PolicyDeclaration>) =>
      declarePolicy(context, { name: 'weekly', declaration: { ...declaration, ...change }, ...because });
    expect(await say({})).toEqual({ changed: true, version: 1 });
    expect(await say({})).toEqual({ changed: false, version: 1 });
    expect(await say({ cooldown: '7d' })).toEqual({ changed: true, version: 2 });
    expect(await removePolicy(context, { name: 'weekly', ...because })).toBe(true);
    expect(await removePolicy(context, { name: 'weekly', ...because })).toBe(false);
    expect(await say({})).toEqual({ changed: true, version: 4 });
    const versions = await listPolicyVersions(context.db.read, 'weekly', 10);
    expect(versions.map(({ version, policy }) => [version, policy?.cooldownMs ?? null])).toEqual([
      [4, 28 * DAY],
      [3, null],
      [2, 7 * DAY],
      [1, 28 * DAY],
    ]);
    await pausePolicy(context, { name: 'weekly', reason: 'holidays', ...because });
    expect((await findPolicy(context.db.read, 'weekly'))?.paused?.reason).toBe('holidays');
  });

  test('a person fires it once at a time, and is told why not', async () => {
    await using t = await open();
    const { context } = t;
    await declarePolicy(context, { name: 'weekly', declaration, ...because });
    const fire = () => firePolicy(context, { name: 'weekly', reason: null, ...because });
    await expect(fire()).rejects.toThrow('no window has matured labels yet');
    for (const week of [0, 1, 2]) await passWeek(t, week);
    const both = await Promise.allSettled([fire(), fire()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(fire()).rejects.toThrow('firing 1 of weekly is under way');
    await end(t, 'failed');
    // The event of its end is not read yet; the row is what counts for a person.
    expect((await fire()).number).toBe(2);
  });
});

test('a webhook is opened by its own secret only, and decided about a moment later', async () => {
  await using t = await testApp({ stages: [dataStage, stage], background: false });
  const put = (body: unknown) => t.client.request('PUT', '/api/v1/policies/weekly', { json: body });
  await put(declaration);
  await expect(t.client.request('POST', '/api/v1/policies/weekly/webhook-secret')).rejects.toMatchObject({
    code: 'RETRAIN_NO_WEBHOOK',
  });
  await put({ ...declaration, triggers: [{ webhook: true }] });
  const renew = () => t.client.request<{ secret: string }>('POST', '/api/v1/policies/weekly/webhook-secret');
  const call = (secret: string) =>
    t.client.request('POST', '/api/v1/policies/weekly/webhook', { headers: { 'bucle-webhook-secret': secret } });
  const { secret: old } = await renew();
  const { secret } = await renew();
  await expect(call(old)).rejects.toMatchObject({ code: 'RETRAIN_WEBHOOK_REFUSED', status: 401 });
  await expect(t.client.request('POST', '/api/v1/policies/none/webhook')).rejects.toMatchObject({ status: 401 });
  for (const week of [0, 1, 2]) await passWeek(t, week);
  await call(secret);
  await look(t);
  const { firings } = await t.client.request<{ firings: { because: string[] }[] }>('GET', '/api/v1/firings');
  expect(firings.map(({ because: why }) => why)).toEqual([['the webhook was called']]);
});
