import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Context } from '../src/context.ts';
import { post, tinyRow } from '../src/loop/serve/gateway.fixture.ts';
import type { Gateway } from '../src/loop/serve/gateway-main.ts';
import { readEventsAfter } from '../src/platform/events/event.store.ts';
import { courses, type KilledServer, killedOn, killedServer, longKills, repeats } from './killed-server.ts';
import { servingGateway } from './serving-gateway.ts';
import { listening, registerTinyModels } from './tiny-models.ts';

/** Where the server dies on the way of a rollout that is promoted and undone again. */
const PROMOTED = [
  ...['rollout:started:before', 'rollout:started:after'],
  ...['rollout:canary:before', 'rollout:canary:after'],
  ...['rollout:look:before', 'rollout:look:after'],
  ...['rollout:canary:before', 'rollout:canary:after'],
  ...['rollout:promoting:before', 'rollout:promoting:after'],
  ...['rollout:promoted:before', 'rollout:promoted:after'],
  ...['rollout:act:before', 'rollout:act:after'],
];
/** And of one that takes longer than it may. */
const ABORTED = [
  ...['rollout:aborting:before', 'rollout:aborting:after'],
  ...['rollout:aborted:before', 'rollout:aborted:after'],
];

interface RolloutView {
  readonly id: string;
  readonly state: string;
  readonly percent: number;
}

interface Serving extends AsyncDisposable {
  /** By status. */
  readonly statuses: Map<number, number>;
}

async function seed(context: Context): Promise<void> {
  await using server = await listening(context);
  await registerTinyModels(context, server.baseUrl, { name: 'tiny', all: ['one', 'two'] });
}

/** A gateway in this process, and callers who ask it all the time. */
async function serve(server: KilledServer): Promise<Serving> {
  const serving = await servingGateway(server);
  const { gateway } = serving;
  const stop = new AbortController();
  const statuses = new Map<number, number>();
  const asking = [1, 2].map((caller) => ask(gateway, caller, { stop: stop.signal, statuses }));
  return {
    statuses,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(asking);
      await serving[Symbol.asyncDispose]();
    },
  };
}

async function ask(
  gateway: Gateway,
  caller: number,
  { stop, statuses }: { readonly stop: AbortSignal; readonly statuses: Map<number, number> },
): Promise<void> {
  const url = `${gateway.url}/endpoints/flights/invocations`;
  for (let at = 0; !stop.aborted; at += 1) {
    const key = { 'bucle-key': `${caller}-${at % 100}` };
    const { status } = await post(url, { dataframe_records: [tinyRow] }, key);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    await sleep(10);
  }
}

const steps = (requests: number) => [20, 60].map((percent) => ({ percent, min_seconds: 0, min_requests: requests }));

async function start({ client, again }: KilledServer, plan: Readonly<Record<string, unknown>>): Promise<string> {
  const json = { version: 'tiny/2', reason: 'a test', plan: { guards: { latency: null }, ...plan }, key: 'the-one' };
  const started = await again(() =>
    client.request<RolloutView>('POST', '/api/v1/endpoints/flights/rollouts', { json }),
  );
  return started.id;
}

const look = ({ client }: KilledServer, id: string) => client.request<RolloutView>('GET', `/api/v1/rollouts/${id}`);

const undo = ({ client, again }: KilledServer, id: string) =>
  again(() => client.request('POST', `/api/v1/rollouts/${id}/undo`, { json: { reason: 'a test' } }));

/** What holds whenever it was killed; `told`: the events of the rollout and of promotions, in order. */
async function checkRows(
  context: Context,
  given: { readonly state: string; readonly decisions: number; readonly told: readonly (readonly [string, unknown])[] },
): Promise<void> {
  const { read, dialect } = context.db;
  const rollouts = await read.selectFrom('rollouts').selectAll().execute();
  expect(rollouts).toMatchObject([{ state: given.state, ended_at: expect.any(Number) }]);
  const deployments = await read.selectFrom('deployments').selectAll().orderBy('id').execute();
  expect(deployments.map(({ state }) => state)).toEqual(['ready', 'ready']);
  const [first] = deployments;
  const endpoint = await read.selectFrom('endpoints').selectAll().executeTakeFirstOrThrow();
  expect({ stable: endpoint.stable, traffic: JSON.parse(endpoint.traffic) as unknown }).toEqual({
    ...{ stable: first?.id, traffic: { [first?.id ?? '']: 100 } },
  });
  const events = await readEventsAfter(read, { after: 0, limit: 1_000, dialect });
  const chain = events.filter(
    ({ type }) => (type.startsWith('rollout.') && type !== 'rollout.held') || type === 'endpoint.promoted',
  );
  // How far the one that ran out of time came is its own affair.
  const counted = chain.filter(({ type }) => given.state !== 'aborted' || type !== 'rollout.step');
  expect(counted.map(({ type, data }) => [type, data['percent'] ?? null])).toEqual(given.told);
  const decisions = await read.selectFrom('decisions').selectAll().execute();
  expect(decisions.length).toBe(given.decisions);
}

longKills.each(killedOn)('rollouts on $name', { timeout: 600_000, repeats }, (kind) => {
  test.each(courses(PROMOTED))(
    'a server that dies at $name promotes once, undoes once and fails nobody',
    async ({ points }) => {
      await using server = await killedServer(kind, { points, seed });
      await using serving = await serve(server);
      const id = await start(server, { steps: steps(10) });
      await server.until(
        () => look(server, id),
        ({ state }) => state === 'promoted',
      );
      await undo(server, id);
      await server.died(points.length);
      await undo(server, id);
      await using context = await server.leave();
      expect(server.starts()).toBe(points.length + 1);
      expect([...serving.statuses.keys()]).toEqual([200]);
      await checkRows(context, {
        state: 'undone',
        // The first, the override of the start and that of the undo.
        decisions: 3,
        told: [
          ['endpoint.promoted', null],
          ['rollout.started', null],
          ['rollout.step', 20],
          ['rollout.step', 60],
          ['rollout.promoting', 100],
          ['rollout.promoted', 100],
          ['endpoint.promoted', null],
          ['rollout.undone', 0],
          ['endpoint.promoted', null],
        ],
      });
    },
  );

  test.each(courses(ABORTED))('a server that dies at $name aborts once and fails nobody', async ({ points }) => {
    await using server = await killedServer(kind, { points, seed });
    await using serving = await serve(server);
    const id = await start(server, { steps: steps(1_000_000), max_seconds: 4 });
    await server.until(
      () => look(server, id),
      ({ state }) => state === 'aborted',
    );
    await server.died(points.length);
    await using context = await server.leave();
    expect(server.starts()).toBe(points.length + 1);
    expect([...serving.statuses.keys()]).toEqual([200]);
    await checkRows(context, {
      state: 'aborted',
      decisions: 2,
      told: [
        ['endpoint.promoted', null],
        ['rollout.started', null],
        ['rollout.aborting', 0],
        ['rollout.aborted', 0],
      ],
    });
  });
});
