import type { DatabaseKind } from '../../../test/databases.ts';
import { deliverAll } from '../../../test/deliver-all.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import type { Context } from '../../context.ts';
import { systemClock } from '../../platform/clock.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { JobHandler } from '../../platform/jobs/jobs.ts';
import { insertDeployment } from '../deploy/deployment.store.ts';
import { insertEndpoint, updateTraffic } from '../deploy/endpoint.store.ts';
import { openDeclaration } from '../deploy/endpoint.ts';
import { makeCapture } from '../serve/capture/capture.fixture.ts';
import type { Capture } from '../serve/capture/capture.ts';
import { handCaptures } from '../serve/captures.fixture.ts';
import { referenceJob } from './build-reference.ts';
import { capturedSubscription } from './captured-subscription.ts';
import { declareMonitor } from './declare-monitor.ts';
import { ingestJob } from './ingest-job.ts';
import { defaultMonitor, type MonitorDeclaration } from './monitor.ts';
import { promotedSubscription } from './promoted-subscription.ts';

export const DAY = 86_400_000;
export const HOUR = 3_600_000;
/** A Monday. */
export const MONDAY = Date.UTC(2001, 2, 5);

/** The whole server with an endpoint `flights`; nothing runs by itself. */
export async function monitoredApp(database: DatabaseKind): Promise<TestApp> {
  const app = await testApp({ database, background: false });
  const prediction = { kind: 'probability' as const, column: null, threshold: 0.5 };
  const declaration = { ...openDeclaration, prediction };
  const given = { name: 'flights', declaration, now: systemClock.now(), actor: 'test' };
  await app.context.db.transaction((trx) => insertEndpoint(trx, given));
  return app;
}

/** Windows of a day that close at once. */
export function watchDays(context: Context, change: Partial<MonitorDeclaration> = {}) {
  const declaration = { ...defaultMonitor, windowMs: DAY, latenessMs: 0, ...change };
  return declareMonitor(context, { endpoint: 'flights', declaration, actor: 'test', cause: null });
}

/** Makes a version hold stable traffic, as a promotion does. */
export async function promote(context: Context, number: number, run: string | null = null): Promise<void> {
  await context.db.transaction(async (trx) => {
    const id = `d-${number}`;
    const version = { name: 'flights', number };
    await insertDeployment(trx, {
      ...{ id, endpoint: 'flights', version, modelId: `m-${number}`, run, engine: 'auto', wantedTraffic: null },
      ...{ ground: null, createdAt: 1, createdBy: 'test' },
    });
    await updateTraffic(trx, 'flights', { traffic: { [id]: 100 }, stable: id, decidedAt: 1 });
    await appendEvent(trx, context, {
      ...{ type: 'endpoint.promoted', subject: 'endpoint:flights', actor: 'test' },
      data: { from: null, to: id, version: `version:flights/${number}` },
    });
  });
}

/** A small generator, so that a failure can be repeated. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

export interface Day {
  readonly rows?: number;
  /** Added to `distance`, whose standard deviation is 1. */
  readonly shift?: number;
  /** Share of the carrier UA; the others are AA. */
  readonly share?: number;
  /** Share of rows without a carrier. */
  readonly missing?: number;
  readonly version?: number;
  /** Added to the probability. */
  readonly lift?: number;
  /** Added to the event time. */
  readonly at?: number;
}

/** Captures of one day, 50 rows each. */
export function makeDay(random: () => number, day: number, change: Day = {}): Capture[] {
  const { rows = 300, shift = 0, missing = 0, share = 0.6, version = 1, lift = 0, at = 0 } = change;
  const eventTime = MONDAY + day * DAY + at;
  return Array.from({ length: Math.ceil(rows / 50) }, (_, k) => {
    const size = Math.min(50, rows - k * 50);
    const many = Array.from({ length: size });
    return makeCapture({
      ...{ deployment: `d-${version}`, version: `version:flights/${version}` },
      ...{ event_time: eventTime + k * 60_000, received_at: eventTime + 120_000 + k * 60_000 },
      columns: ['carrier', 'distance'],
      rows: many.map(() => [random() < missing ? null : random() < share ? 'UA' : 'AA', shift + normal(random)]),
      outputs: many.map(() => Math.min(0.999, 0.1 + 0.5 * random() + lift)),
    });
  });
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Everything that the monitor does by itself, until nothing is left to do. */
export async function settle(context: Context): Promise<void> {
  const subscriptions = [capturedSubscription(context), promotedSubscription(context)];
  for (const one of subscriptions) await deliverAll(context.db, one);
  for (const handler of [ingestJob(context), referenceJob(context), ingestJob(context)]) await runOnce(handler);
}

export async function runOnce(handler: JobHandler): Promise<void> {
  await handler.handle({
    job: { id: 'j', kind: handler.kind, key: null, payload: { endpoint: 'flights' }, attempt: 1, epoch: 1 },
    signal: new AbortController().signal,
    fence: async () => {},
  });
}

/** Sends captures of days, each batch after the one before. */
export function captureDays(t: TestApp, seed: number) {
  const random = numbers(seed);
  const { send } = handCaptures(t.client);
  let offset = 0;
  let day = 0;
  return {
    /** So many days in one batch, and all that follows from them. */
    async put(days: number, change: Day = {}): Promise<void> {
      const captures = Array.from({ length: days }, (_, at) => makeDay(random, day + at, change)).flat();
      await send(offset, captures);
      offset += captures.length;
      day += days;
      await settle(t.context);
    },
  };
}
