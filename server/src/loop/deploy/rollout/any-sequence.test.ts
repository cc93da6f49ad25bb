import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { type TestApp, testApp } from '../../../../test/test-app.ts';
import { manualClock } from '../../../platform/clock.ts';
import { BucleError } from '../../../platform/errors.ts';
import { readEventsOf } from '../../../platform/events/event.store.ts';
import { insertDeployment } from '../deployment.store.ts';
import { findEndpoint, insertEndpoint, updateTraffic } from '../endpoint.store.ts';
import { openDeclaration } from '../endpoint.ts';
import { decisionStage, folderSource } from '../model-source.fixture.ts';
import { observeDeployments } from '../observe-deployments.ts';
import { createDeployStage } from '../stage.ts';
import { trafficProblem } from '../traffic.ts';
import { abortRollout, holdRollout, promoteRollout, resumeRollout, undoRollout } from './end-rollout.ts';
import { noCounts } from './guards/guard.ts';
import { findRollout } from './rollout.store.ts';
import { defaultGuards, isOpen, type Rollout } from './rollout.ts';
import { stepRollout } from './run-rollout.ts';
import { startRollout } from './start-rollout.ts';

const acts = {
  abort: abortRollout,
  undo: undoRollout,
  promote: promoteRollout,
  hold: holdRollout,
  resume: resumeRollout,
};
type Act = keyof typeof acts;
type Happening = Act | 'turn' | 'crash' | 'prove' | 'fail' | 'follow' | 'good' | 'bad' | 'later' | 'restart';

const happening = fc.constantFrom<Happening>(
  ...(['turn', 'turn', 'turn', 'turn', 'crash', 'prove', 'prove', 'fail', 'follow', 'follow', 'follow'] as const),
  ...([
    'good',
    'good',
    'good',
    'bad',
    'later',
    'later',
    'restart',
    'abort',
    'undo',
    'promote',
    'hold',
    'resume',
  ] as const),
);

const crash = () => Promise.reject(new Error('the power went off'));
const goOn = () => Promise.resolve();

describe('a rollout', () => {
  const clock = manualClock();
  let app: TestApp;
  let made = 0;
  beforeAll(async () => {
    const [database] = databases;
    if (!database) throw new Error('There is no database to test on.');
    const stages = [decisionStage, createDeployStage(folderSource('/nowhere'))];
    app = await testApp({ database, stages, clock, background: false });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  /** An endpoint of its own with a stable version, and a rollout of another one that no gateway has proved. */
  const begin = async () => {
    made += 1;
    const [name, first, second] = [`e${made}`, `d${made}-1`, `d${made}-2`];
    await app.context.db.transaction(async (trx) => {
      await insertEndpoint(trx, { name, declaration: openDeclaration, now: clock.now(), actor: 'test' });
      for (const [at, id] of [first, second].entries()) {
        const about = { endpoint: name, version: { name: 'm', number: at + 1 }, modelId: `m-${at}`, run: null };
        const rest = { engine: 'auto' as const, wantedTraffic: null, ground: null, createdAt: 1, createdBy: 'test' };
        await insertDeployment(trx, { id, ...about, ...rest });
        const state = at === 0 ? 'ready' : 'published';
        await trx.updateTable('deployments').set({ state }).where('id', '=', id).execute();
      }
      await updateTraffic(trx, name, { traffic: { [first]: 100 }, stable: first, decidedAt: 1 });
    });
    const resolve = async () => ({ name: 'm', number: 2, modelId: 'm-1', run: null });
    const parts = { ...app.context, source: { ...folderSource('/nowhere'), resolve } };
    const step = { minSeconds: 5, minRequests: 50 };
    const steps = [10, 50, 100].map((percent) => ({ percent, ...step }));
    const rollout = await startRollout(parts, {
      ...{ endpoint: name, version: 'm/2', reason: 'a test', key: name, actor: 'test', cause: null },
      plan: { steps, guards: defaultGuards, maxSeconds: null },
    });
    return { id: rollout.id, name, first, second };
  };

  type Begun = Awaited<ReturnType<typeof begin>>;

  /** The gateway's side: what it sees, gives and counts. */
  const gatewayOf = ({ name, first, second }: Begun) => {
    const cells = new Map<string, { cell: number; requests: number; faults: number }>();
    let [boot, state, given] = [
      1,
      'preparing' as 'preparing' | 'ready' | 'failed',
      { [first]: 100 } as Record<string, number>,
    ];
    const observe = (deployment: string, phase: typeof state) => ({
      ...{ deployment, endpoint: name, state: phase, engine: 'onnx' as const, reason: null, parity: null },
      ...{ onnx_parity: null, traffic: given[deployment] ?? 0, since: 1 },
    });
    const report = async () => {
      const counters = [...cells].map(([key, { cell, requests, faults }]) => {
        const [deployment, split] = JSON.parse(key) as [string, Record<string, number>];
        const errors = { ...noCounts.errors, model: faults };
        const counts = { ...noCounts, requests, errors };
        return { cell, endpoint: name, deployment, share: split[deployment] ?? 0, split, counts };
      });
      await observeDeployments(app.context, {
        ...{ gateway: 'gateway', url: 'http://127.0.0.1:1', revision: 1, boot: `${name}.${boot}`, counters },
        observations: [observe(first, 'ready'), observe(second, state)],
      });
    };
    const say = async (news: typeof state) => {
      if (state === 'preparing') state = news;
      await report();
    };
    const count = async (faulty: boolean) => {
      for (const [deployment, share] of Object.entries(given)) {
        const key = JSON.stringify([deployment, given]);
        const cell = cells.get(key) ?? { cell: cells.size + 1, requests: 0, faults: 0 };
        cell.requests += share * 4;
        if (faulty && deployment === second) cell.faults += share * 4;
        cells.set(key, cell);
      }
      await report();
    };
    return {
      prove: () => say('ready'),
      fail: () => say('failed'),
      follow: async () => {
        given = { ...(await findEndpoint(app.context.db.read, name))?.traffic };
        await report();
      },
      good: () => count(false),
      bad: () => count(true),
      restart: async () => {
        boot += 1;
        cells.clear();
        await report();
      },
    };
  };

  const happen = async (begun: Begun, gateway: ReturnType<typeof gatewayOf>, what: Happening): Promise<void> => {
    if (what === 'later') clock.advance(3_000);
    else if (what === 'turn' || what === 'crash') {
      await stepRollout(app.context, begun.id, what === 'crash' ? crash : goOn).catch((error: unknown) => {
        if (what !== 'crash') throw error;
      });
    } else if (Object.hasOwn(acts, what)) {
      const act = { rollout: begun.id, reason: 'a test', actor: 'test', cause: null };
      await acts[what as Act](app.context, act).catch((error: unknown) => {
        if (!(error instanceof BucleError)) throw error;
      });
    } else await gateway[what as keyof typeof gateway]();
  };

  /** What must hold at every moment. */
  const check = async ({ id, name, first, second }: Begun): Promise<Rollout> => {
    const { db } = app.context;
    const [endpoint, rollout] = [await findEndpoint(db.read, name), await findRollout(db.read, id)];
    if (!endpoint || !rollout) throw new Error('The endpoint or its rollout is gone.');
    expect(trafficProblem(endpoint.traffic)).toBe(null);
    expect(endpoint.stable).toBe(rollout.state === 'promoted' ? second : first);
    const share = endpoint.traffic[second] ?? 0;
    const wanted = { parity: 0, canary: rollout.plan.steps[rollout.step]?.percent, promoting: 100, promoted: 100 };
    expect(share).toBe({ ...wanted, aborting: 0, aborted: 0, undone: 0 }[rollout.state]);
    expect(rollout.endedAt === null).toBe(isOpen(rollout));
    const promotions = (await readEventsOf(db.read, `endpoint:${name}`, 100)).filter(
      ({ type }) => type === 'endpoint.promoted',
    );
    expect(promotions.length).toBe({ promoted: 1, undone: 2 }[String(rollout.state)] ?? 0);
    const told = (await readEventsOf(db.read, `rollout:${id}`, 200)).map(({ type }) => type);
    for (const once of ['started', 'promoting', 'promoted', 'aborting', 'aborted', 'undone']) {
      expect(told.filter((type) => type === `rollout.${once}`).length).toBeLessThanOrEqual(1);
    }
    return rollout;
  };

  test('stays legal whatever happens in whatever order, and ends when all goes well from then on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 40 }), async (happenings) => {
        const begun = await begin();
        const gateway = gatewayOf(begun);
        for (const what of happenings) {
          await happen(begun, gateway, what);
          await check(begun);
        }
        const wellGoing: Happening[] = ['resume', 'prove', 'turn', 'follow', 'good', 'later', 'later'];
        for (let round = 0; round < 8 && isOpen(await check(begun)); round += 1) {
          for (const what of wellGoing) await happen(begun, gateway, what);
          await happen(begun, gateway, 'turn');
        }
        expect(isOpen(await check(begun))).toBe(false);
      }),
      { numRuns: 30, seed: 4, endOnFailure: true },
    );
  }, 60_000);
});
