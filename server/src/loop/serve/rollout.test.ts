import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readEventsOf } from '../../platform/events/event.store.ts';
import { openServing, post, tinyRow, untilServing } from './gateway.fixture.ts';
import type { Gateway } from './gateway-main.ts';

interface RolloutView {
  readonly id: string;
  readonly state: string;
  readonly percent: number;
  readonly requests: { readonly canary: number; readonly baseline: number };
}

interface Load extends AsyncDisposable {
  /** By status. */
  readonly statuses: Map<number, number>;
  /** That answered since the last reset. */
  readonly versions: Set<string>;
  /** Keys that met the old version after they had met the new one. */
  readonly flapped: Set<string>;
}

/** Callers that ask one after the other, each about things of its own. */
function keepAsking(gateway: Gateway, callers: number): Load {
  const stop = new AbortController();
  const load = { statuses: new Map<number, number>(), versions: new Set<string>(), flapped: new Set<string>() };
  const moved = new Set<string>();
  const ask = async (caller: number) => {
    for (let at = 0; !stop.signal.aborted; at += 1) {
      const key = `${caller}-${at % 100}`;
      const url = `${gateway.url}/endpoints/flights/invocations`;
      const { status, headers } = await post(url, { dataframe_records: [tinyRow] }, { 'bucle-key': key });
      const version = headers.get('bucle-model-version') ?? '';
      load.statuses.set(status, (load.statuses.get(status) ?? 0) + 1);
      load.versions.add(version);
      if (version === 'tiny/2') moved.add(key);
      else if (moved.has(key)) load.flapped.add(key);
      await sleep(4);
    }
  };
  const asking = Array.from({ length: callers }, (_, caller) => ask(caller));
  return {
    ...load,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(asking);
    },
  };
}

test('no request fails from parity over the canary and the promotion to the undo, and a key meets one version at a time', async () => {
  await using serving = await openServing({ 'tiny.1': {}, 'tiny.2': {} });
  await using gateway = await serving.start();
  const { client } = serving.t;
  const first = await serving.deployReady('flights', {
    ...{ version: 'tiny/1', prediction: { kind: 'probability', column: '1', threshold: 0.5 } },
  });
  await untilServing(gateway, 'flights');
  await using load = keepAsking(gateway, 4);
  const guards = { latency: null };
  const steps = [
    { percent: 20, min_seconds: 1, min_requests: 40 },
    { percent: 60, min_seconds: 1, min_requests: 40 },
    { percent: 100, min_seconds: 1, min_requests: 40 },
  ];
  const { id } = await client.request<RolloutView>('POST', '/api/v1/endpoints/flights/rollouts', {
    json: { version: 'tiny/2', reason: 'a test', plan: { steps, guards } },
  });
  const rollout = () => client.request<RolloutView>('GET', `/api/v1/rollouts/${id}`);
  const seen: (readonly [string, number])[] = [];
  for (let state = ''; state !== 'promoted'; await sleep(30)) {
    const now = await rollout();
    if (now.state !== state || now.percent !== seen.at(-1)?.[1]) seen.push([now.state, now.percent]);
    state = now.state;
    expect(['parity', 'canary', 'promoting', 'promoted']).toContain(state);
  }
  expect(seen).toEqual([
    ['parity', 0],
    ['canary', 20],
    ['canary', 60],
    ['promoting', 100],
    ['promoted', 100],
  ]);
  expect([...load.flapped]).toEqual([]);
  const events = await readEventsOf(serving.t.context.db.read, `rollout:${id}`, 100);
  const left = events.filter(({ type }) => type === 'rollout.step' || type === 'rollout.promoting').slice(1);
  for (const { data } of left) {
    const { canary, baseline } = data['requests'] as RolloutView['requests'];
    expect({ enough: canary >= 40 && baseline > 0, faults: data['faults'] }).toEqual({
      ...{ enough: true, faults: { canary: 0, baseline: 0 } },
    });
  }
  expect(left.length).toBe(2);
  await client.request('POST', `/api/v1/rollouts/${id}/undo`, { json: { reason: 'a test' } });
  const undone = performance.now();
  await expect.poll(() => lastVersion(load), { timeout: 60_000, interval: 20 }).toBe('tiny/1');
  expect(performance.now() - undone).toBeLessThan(3_000);
  expect(await client.request('GET', '/api/v1/endpoints/flights')).toMatchObject({
    ...{ stable: first.id, traffic: { [first.id]: 100 } },
  });
  expect([...load.statuses.keys()]).toEqual([200]);
  expect(load.statuses.get(200)).toBeGreaterThan(300);
}, 90_000);

/** The version that answered everything in the last moment; null: several did. */
async function lastVersion(load: Load): Promise<string | null> {
  load.versions.clear();
  await sleep(100);
  const versions = [...load.versions];
  return versions.length === 1 ? (versions[0] ?? null) : null;
}
