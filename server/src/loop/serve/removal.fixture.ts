import { type TestApp, type TestAppOptions, testApp } from '../../../test/test-app.ts';
import type { Clock } from '../../platform/clock.ts';
import { dataStage } from '../data/stage.ts';
import { folderSource } from '../deploy/model-source.fixture.ts';
import { createDeployStage } from '../deploy/stage.ts';
import { makeCapture } from './capture/capture.fixture.ts';
import type { Capture } from './capture/capture.ts';
import { serveStage } from './stage.ts';
import { sweepHandler } from './sweep-captures.ts';

export const DAY = 86_400_000;
export const stages = [dataStage, createDeployStage(folderSource('/nowhere')), serveStage];
export const countsPath = '/api/v1/endpoints/flights/captures';

/** A clock that a test moves; gateways receive what they capture by it too. */
export function handClock(): Clock & { add(ms: number): void } {
  let now = Date.now();
  return {
    now: () => now,
    add(ms) {
      now += ms;
    },
  };
}

export const open = (options: Partial<TestAppOptions>) => testApp({ stages, background: false, ...options });

/** A lease that always holds, for handlers that are called by hand. */
export const guard = { fence: async () => {}, signal: new AbortController().signal };

export async function sweep({ context }: TestApp): Promise<void> {
  const job = { id: 'j', kind: 'k', key: null, payload: null, attempt: 1, epoch: 1 };
  await sweepHandler(context).handle({ ...guard, job });
}

export async function blobsOf({ context }: TestApp): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of context.blobs.walk('captures')) keys.push(key);
  return keys;
}

/** Straight from the table: subscribers on PostgreSQL see an event only when no older transaction is open. */
export async function events({ context: { db } }: TestApp, ...types: string[]) {
  const rows = await db.read.selectFrom('events').selectAll().where('type', 'in', types).orderBy('seq').execute();
  return rows.map(({ type, subject, data }) => ({ type, subject, data: JSON.parse(data) as Record<string, unknown> }));
}

export const about = (key: string | null, change: Partial<Capture> = {}) =>
  makeCapture({ key, received_at: 1_000, ...change });
export const rowsAbout = (keys: (string | null)[], change: Partial<Capture> = {}) =>
  about(keys[0] ?? null, {
    keys,
    rows: keys.map((_key, at) => ['UA', at]),
    outputs: keys.map((_key, at) => at),
    ...change,
  });

export interface ErasureView {
  readonly id: string;
  readonly state: string;
  readonly predictions: number;
  readonly batches: number;
  readonly not_erasable: readonly string[];
}

export const erase = (t: TestApp, key: string) =>
  t.client.request<ErasureView>('DELETE', countsPath, { query: { key } });

export async function untilErased(t: TestApp, { id }: ErasureView): Promise<ErasureView> {
  for (;;) {
    const view = await t.client.request<ErasureView>('GET', `/api/v1/endpoints/flights/erasures/${id}`);
    if (view.state === 'done') return view;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
