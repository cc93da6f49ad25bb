import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Static } from 'typebox';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { testApp } from '../../../../test/test-app.ts';
import { readEventsAfter } from '../../../platform/events/event.store.ts';
import { findDecision } from '../../evaluate/index.ts';
import type { ArmCounters, ArmCounts } from '../desired-state.schema.ts';
import { decisionStage, folderSource, makeTiny } from '../model-source.fixture.ts';
import { createDeployStage } from '../stage.ts';
import {
  type DeploymentView,
  deploy,
  type EndpointView,
  handGateway,
  parityReport,
  refusal,
  untilState,
} from '../test-gateway.fixture.ts';
import type { Rollout } from './rollout.schema.ts';

type RolloutView = Static<typeof Rollout>;

const plan = (...percents: readonly number[]) => ({
  steps: percents.map((percent) => ({ percent, min_seconds: 0, min_requests: 30 })),
});

describe.each(databases)('rollouts on $name', (database) => {
  /** An endpoint `flights` on which tiny/1 holds stable traffic, and tiny/2 is proved and has none. */
  const open = async () => {
    const root = await mkdtemp(join(tmpdir(), 'bucle-models-'));
    for (const id of ['tiny.1', 'tiny.2', 'tiny.3']) await makeTiny(root, id);
    const t = await testApp({ database, stages: [decisionStage, createDeployStage(folderSource(root))] });
    const gateway = handGateway(t.client);
    const ready = { state: 'ready', engine: 'python', parity: parityReport() } as const;
    const prove = async (version: string) => {
      const deployment = await deploy(t.client, 'flights', { version, engine: 'python' });
      await untilState(t.client, deployment, ['published']);
      await gateway.report(deployment, ready);
      return untilState(t.client, deployment, ['ready']);
    };
    const endpoint = () => t.client.request<EndpointView>('GET', '/api/v1/endpoints/flights');
    /** The gateway follows: it gives what the control server wants. */
    const follow = async (...deployments: readonly DeploymentView[]) => {
      const { traffic } = await endpoint();
      for (const one of deployments) await gateway.report(one, { ...ready, traffic: traffic[one.id] ?? 0 });
    };
    const [first, second] = [await prove('tiny/1'), await prove('tiny/2')];
    await follow(first, second);
    const rollout = (id: string) => t.client.request<RolloutView>('GET', `/api/v1/rollouts/${id}`);
    return {
      ...{ ...t, gateway, prove, endpoint, follow, first, second, rollout },
      start: (json: Record<string, unknown>) =>
        t.client.request<RolloutView>('POST', '/api/v1/endpoints/flights/rollouts', {
          json: { version: 'tiny/2', reason: 'a test', ...json },
        }),
      act: (id: string, verb: string, reason = 'a test') =>
        t.client.request<RolloutView>('POST', `/api/v1/rollouts/${id}/${verb}`, { json: { reason } }),
      until: async (id: string, wanted: Record<string, unknown>) =>
        expect.poll(() => rollout(id), { timeout: 60_000, interval: 50 }).toMatchObject(wanted),
      events: async () => {
        const all = await readEventsAfter(t.context.db.read, { after: 0, limit: 1_000, dialect: t.context.db.dialect });
        return all.filter(({ type }) => type.startsWith('rollout.') || type === 'endpoint.promoted');
      },
      async [Symbol.asyncDispose]() {
        await t[Symbol.asyncDispose]();
        await rm(root, { recursive: true, force: true });
      },
    };
  };

  type Opened = Awaited<ReturnType<typeof open>>;

  /** What both arms answered so far at this share of the candidate, in cells of their own. */
  const counted = (t: Opened, percent: number, canary: Partial<ArmCounts>, cell = percent * 10): ArmCounters[] => {
    const split = { [t.first.id]: 100 - percent, [t.second.id]: percent };
    const none = {
      requests: 0,
      errors: { client: 0, model: 0, timeout: 0, overload: 0 },
      latency: {},
      predictions: {},
    };
    const about = { endpoint: 'flights', split };
    const requests = Math.round(((canary.requests ?? 0) * (100 - percent)) / percent);
    return [
      { ...about, cell, deployment: t.second.id, share: percent, counts: { ...none, ...canary } },
      { ...about, cell: cell + 1, deployment: t.first.id, share: 100 - percent, counts: { ...none, requests } },
    ];
  };

  test('goes through parity, each step and promotion; each is one event, and its cause is the one before', async () => {
    await using t = await open();
    const { id } = await t.start({ plan: plan(10, 50) });
    await t.until(id, { state: 'canary', percent: 10, held: { kind: 'gateway' } });
    expect(await t.endpoint()).toMatchObject({
      traffic: { [t.first.id]: 90, [t.second.id]: 10 },
      stable: t.first.id,
      rollout: { id },
    });
    await t.follow(t.first, t.second);
    await t.gateway.count(...counted(t, 10, { requests: 12 }));
    await t.until(id, { held: { kind: 'requests', text: 'needs 18 more requests at 10 %' } });
    await t.gateway.count(...counted(t, 10, { requests: 30 }));
    await t.until(id, { state: 'canary', percent: 50, requests: { canary: 0 } });
    await t.follow(t.first, t.second);
    await t.gateway.count(...counted(t, 50, { requests: 30 }));
    await t.until(id, { state: 'promoting', percent: 100 });
    expect(await t.endpoint()).toMatchObject({ traffic: { [t.second.id]: 100 }, stable: t.first.id });
    await t.follow(t.first, t.second);
    await t.until(id, { state: 'promoted', open: false });
    expect(await t.endpoint()).toMatchObject({ traffic: { [t.second.id]: 100 }, stable: t.second.id, rollout: null });
    const events = (await t.events()).filter(({ type }) => type !== 'rollout.held');
    expect(events.map(({ type, data }) => [type, data['percent'] ?? null])).toEqual([
      ['endpoint.promoted', null],
      ['rollout.started', null],
      ['rollout.step', 10],
      ['rollout.step', 50],
      ['rollout.promoting', 100],
      ['rollout.promoted', 100],
      ['endpoint.promoted', null],
    ]);
    const causes = events.slice(2).map(({ cause }) => cause);
    expect(causes).toEqual(events.slice(1, -1).map(({ id: event }) => event));
    const { decision } = await t.rollout(id);
    expect(events.at(-1)?.data).toEqual({
      ...{ from: t.first.id, to: t.second.id, version: 'version:tiny/2', decision, rollout: id },
    });
    expect(await findDecision(t.context.db.read, decision)).toMatchObject({
      ...{ kind: 'override', candidate: 'version:tiny/2', champion: 'version:tiny/1', subject: 'endpoint:flights' },
    });
  });

  test('a gateway that starts anew counts from 0, and what it counted before still counts', async () => {
    await using t = await open();
    const { id } = await t.start({ plan: plan(10) });
    await t.until(id, { state: 'canary' });
    await t.follow(t.first, t.second);
    await t.gateway.count(...counted(t, 10, { requests: 20 }));
    await t.until(id, { requests: { canary: 20, baseline: 180 } });
    t.gateway.restart();
    await t.gateway.count(...counted(t, 10, { requests: 4 }));
    await t.until(id, { requests: { canary: 24, baseline: 216 } });
    // The same report again adds nothing.
    await t.gateway.count(...counted(t, 10, { requests: 4 }));
    await t.gateway.count(...counted(t, 10, { requests: 5 }));
    await t.until(id, { requests: { canary: 25, baseline: 225 }, held: { text: 'needs 5 more requests at 10 %' } });
  });

  test('faults of the candidate take it back at once, with what was counted as the reason', async () => {
    await using t = await open();
    const { id } = await t.start({ plan: plan(10, 50) });
    await t.until(id, { state: 'canary' });
    await t.follow(t.first, t.second);
    const errors = { client: 0, model: 7, timeout: 0, overload: 0 };
    await t.gateway.count(...counted(t, 10, { requests: 18, errors }));
    await t.until(id, { state: 'aborting', reason: 'faults in this step: 7 of 18 (39 %)' });
    expect(await t.endpoint()).toMatchObject({ traffic: { [t.first.id]: 100 }, stable: t.first.id });
    await t.follow(t.first, t.second);
    await t.until(id, { state: 'aborted', open: false });
    const promoted = (await t.events()).filter(({ type }) => type === 'endpoint.promoted');
    expect(promoted.length).toBe(1);
  });

  test('without any request it waits, and says what it waits for; a limit that was declared ends it', async () => {
    await using t = await open();
    const { id } = await t.start({ plan: { ...plan(10), max_seconds: 2 } });
    await t.until(id, { state: 'canary' });
    await t.follow(t.first, t.second);
    await t.until(id, { state: 'canary', held: { kind: 'requests', text: 'needs 30 more requests at 10 %' } });
    await t.until(id, { state: 'aborting', reason: expect.stringContaining('within the 2 seconds') });
  });

  test('abort at any time, again and again, is one abort; undo after the promotion goes back to what is warm', async () => {
    await using t = await open();
    const one = await t.start({ plan: plan(50) });
    await t.until(one.id, { state: 'canary' });
    await t.act(one.id, 'abort', 'no');
    expect(await t.act(one.id, 'abort', 'no')).toMatchObject({ state: 'aborting', reason: 'no' });
    expect(await t.endpoint()).toMatchObject({ traffic: { [t.first.id]: 100 } });
    await t.until(one.id, { state: 'aborted' });
    const two = await t.start({ plan: plan(50) });
    await t.until(two.id, { state: 'canary' });
    await t.act(two.id, 'promote', 'we are sure');
    await t.until(two.id, { state: 'promoting' });
    await t.follow(t.first, t.second);
    await t.until(two.id, { state: 'promoted' });
    const held = refusal(t.client.request('DELETE', `/api/v1/endpoints/flights/deployments/${t.first.id}`));
    expect(await held).toMatchObject({ status: 409, code: 'DEPLOY_HELD_FOR_UNDO' });
    await t.act(two.id, 'undo', 'it was wrong');
    expect(await t.act(two.id, 'undo', 'it was wrong')).toMatchObject({ state: 'undone', reason: 'it was wrong' });
    expect(await t.endpoint()).toMatchObject({ traffic: { [t.first.id]: 100 }, stable: t.first.id });
    const last = (await t.events()).filter(({ type }) => type === 'endpoint.promoted').at(-1)?.data;
    expect(last).toMatchObject({ from: t.second.id, to: t.first.id, version: 'version:tiny/1', rollout: two.id });
    expect(await findDecision(t.context.db.read, String(last?.['decision']))).toMatchObject({
      ...{ kind: 'override', candidate: 'version:tiny/1', champion: 'version:tiny/2' },
    });
    expect(await refusal(t.act(two.id, 'promote'))).toMatchObject({ code: 'DEPLOY_ROLLOUT_OVER' });
  });

  test('a version that is not deployed is deployed without traffic, and waited for; when it fails, so does the rollout', async () => {
    await using t = await open();
    const { id } = await t.start({ version: 'tiny/3', engine: 'python', plan: plan(50) });
    const { candidate } = await t.rollout(id);
    const third = { id: candidate, endpoint: 'flights' };
    await untilState(t.client, third, ['published']);
    await t.until(id, { state: 'parity', held: { text: 'waits until a gateway has proved it: it is published' } });
    await t.gateway.report(third, { state: 'failed', engine: 'python', reason: 'Row 7 differs.' });
    await t.until(id, { state: 'aborted', reason: 'the candidate failed: Row 7 differs.' });
  });

  test('one rollout at a time, which alone moves traffic; the same key is the same one', async () => {
    await using t = await open();
    const { id } = await t.start({ key: 'firing:1' });
    expect(await t.start({ key: 'firing:1' })).toMatchObject({ id });
    expect(await refusal(t.start({ version: 'tiny/3' }))).toMatchObject({ status: 409, code: 'DEPLOY_ROLLOUT_OPEN' });
    const json = { traffic: { [t.second.id]: 100 }, reason: 'mine' };
    const moved = t.client.request('PUT', '/api/v1/endpoints/flights/traffic', { json });
    expect(await refusal(moved)).toMatchObject({
      ...{ code: 'DEPLOY_ROLLOUT_OPEN', next: expect.stringContaining(`bucle rollouts abort ${id}`) },
    });
    const both = [t.first, t.second].map((one) =>
      refusal(t.client.request('DELETE', `/api/v1/endpoints/flights/deployments/${one.id}`)),
    );
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([409, 409]);
    expect(await refusal(deploy(t.client, 'flights', { version: 'tiny/3', traffic: 10 }))).toMatchObject({
      status: 409,
    });
    await t.client.request('DELETE', '/api/v1/endpoints/flights');
    await t.until(id, { state: 'aborted', reason: 'the endpoint was removed' });
  });

  test('a person holds it and lets it go on; what a guard held is then overruled', async () => {
    await using t = await open();
    const { id } = await t.start({ plan: plan(10, 50) });
    await t.until(id, { state: 'canary' });
    await t.follow(t.first, t.second);
    await t.act(id, 'hold', 'lunch');
    await t.gateway.count(...counted(t, 10, { requests: 400 }));
    await t.until(id, {
      state: 'canary',
      percent: 10,
      held: { kind: 'person', text: expect.stringMatching(/lunch$/) },
    });
    const errors = { client: 300, model: 0, timeout: 0, overload: 0 };
    await t.gateway.count(...counted(t, 10, { requests: 800, errors }));
    await t.act(id, 'resume');
    await t.until(id, {
      held: { kind: 'guard', text: expect.stringMatching(/^refused requests: 38 % of 800, baseline/) },
    });
    await t.act(id, 'resume', 'callers were told');
    await t.until(id, { state: 'canary', percent: 50, waived: ['refusals'] });
  });

  test('a promotion needs a decision about this endpoint, this version and what serves now, or a reason', async () => {
    await using t = await open();
    expect(await refusal(t.start({ reason: undefined }))).toMatchObject({
      ...{ status: 409, code: 'DEPLOY_NEEDS_DECISION', next: expect.stringContaining('--reason TEXT') },
    });
    expect(await refusal(t.start({ reason: undefined, decision: 'nothing' }))).toMatchObject({ status: 404 });
    const { id, decision } = await t.start({ version: 'tiny/2' });
    await t.act(id, 'abort');
    await t.until(id, { state: 'aborted' });
    const unfit = await refusal(t.start({ version: 'tiny/3', reason: undefined, decision }));
    expect(unfit).toMatchObject({
      code: 'DEPLOY_DECISION_UNFIT',
      message: expect.stringContaining('its candidate is version:tiny/2, not version:tiny/3'),
    });
    expect(await refusal(t.start({ version: 'tiny/1' }))).toMatchObject({ code: 'DEPLOY_ALREADY_STABLE' });
    expect(await refusal(t.start({ plan: plan(50, 10) }))).toMatchObject({ code: 'DEPLOY_PLAN_INVALID' });
    const json = { traffic: { [t.second.id]: 100 }, decision };
    await t.client.request('PUT', '/api/v1/endpoints/flights/traffic', { json });
    expect(await t.endpoint()).toMatchObject({ stable: t.second.id });
    const back = { traffic: { [t.first.id]: 100 }, decision };
    expect(await refusal(t.client.request('PUT', '/api/v1/endpoints/flights/traffic', { json: back }))).toMatchObject({
      code: 'DEPLOY_DECISION_UNFIT',
    });
  });
});
