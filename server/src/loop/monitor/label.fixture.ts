import type { Client } from '@bucle/client';
import type { DatabaseKind } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import type { Context, Stage } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { type manualClock, systemClock } from '../../platform/clock.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { insertEndpoint } from '../deploy/endpoint.store.ts';
import { openDeclaration } from '../deploy/endpoint.ts';
import type { PredictionMeaning } from '../deploy/index.ts';
import { folderSource } from '../deploy/model-source.fixture.ts';
import { createDeployStage } from '../deploy/stage.ts';
import { serveStage } from '../serve/stage.ts';
import { qualityJob } from './compute-quality.ts';
import { indexPredictions } from './index-predictions.ts';
import { labelRoutes } from './label.routes.ts';
import type { LabelOutcome } from './label.ts';
import { labelErrors } from './label-errors.ts';
import { monitorMigrations } from './migrations/index.ts';
import { writeMonitor, writeProgress } from './monitor.store.ts';
import { defaultMonitor, type MonitorDeclaration } from './monitor.ts';
import type { IndexedPrediction } from './prediction-index.ts';
import { qualityRoutes } from './quality.routes.ts';

const labelling: Stage = {
  name: 'monitor',
  migrations: monitorMigrations,
  errors: labelErrors.specs,
  routes(app, context) {
    labelRoutes(app, context);
    qualityRoutes(app, context);
  },
};

export const probability: PredictionMeaning = { kind: 'probability', column: null, threshold: 0.5 };

/** Labels and quality alone, with an endpoint `flights`; nothing runs by itself. */
export async function labellingApp(options: {
  readonly database: DatabaseKind;
  readonly clock?: ReturnType<typeof manualClock>;
  readonly meaning?: PredictionMeaning | null;
}): Promise<TestApp> {
  const { database, clock = systemClock, meaning = probability } = options;
  const stages = [createDeployStage(folderSource('/nowhere')), serveStage, labelling];
  const app = await testApp({ database, stages, clock, background: false });
  await declareEndpoint(app.context, 'flights', meaning);
  return app;
}

export async function declareEndpoint(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  name: string,
  prediction: PredictionMeaning | null,
): Promise<void> {
  const declaration = { ...openDeclaration, prediction };
  await db.transaction((trx) => insertEndpoint(trx, { name, declaration, now: clock.now(), actor: 'test' }));
}

export const DAY = 86_400_000;
/** A Monday. */
export const MONDAY = Date.UTC(2001, 2, 5);

export function makePrediction(change: Partial<IndexedPrediction> = {}): IndexedPrediction {
  return {
    ...{ id: uuidv7(), row: 0, rowCount: 1, eventTime: MONDAY, version: 'version:flights/1', deployment: 'd-1' },
    ...{ key: null, prediction: 0.25 },
    ...change,
  };
}

export function index(context: Context, predictions: readonly IndexedPrediction[]) {
  return context.db.transaction((trx) => indexPredictions(trx, context, 'flights', predictions));
}

/** Declares a monitor with windows of a day, and moves its watermark. */
export async function watch(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  watermark: number,
  change: Partial<MonitorDeclaration> = {},
): Promise<void> {
  const declaration = { ...defaultMonitor, windowMs: DAY, latenessMs: 0, ...change };
  await db.transaction(async (trx: Trx) => {
    const who = { id: 'm', revision: 1, changedAt: clock.now(), changedBy: 'test' };
    await writeMonitor(trx, { ...declaration, endpoint: 'flights', ...who });
    await writeProgress(trx, 'flights', { watermark });
  });
}

/** Runs the durable job of quality once. */
export function settle(context: Context) {
  return qualityJob(context).handle({
    job: { id: 'j', kind: 'monitor.quality', key: null, payload: { endpoint: 'flights' }, attempt: 1, epoch: 1 },
    signal: new AbortController().signal,
    fence: async () => {},
  });
}

export interface Receipt {
  readonly received: number;
  readonly outcomes: Readonly<Record<LabelOutcome, number>>;
  readonly censored: number;
  readonly refusals: readonly { readonly line: number; readonly problem: string }[];
}

export const LABELS = '/api/v1/endpoints/flights/labels';

/** JSON lines. */
export function sendLines(client: Client, labels: readonly unknown[], key?: string): Promise<Receipt> {
  const body = labels.map((label) => `${typeof label === 'string' ? label : JSON.stringify(label)}\n`).join('');
  const headers = { 'content-type': 'application/x-ndjson', ...(key === undefined ? {} : { 'idempotency-key': key }) };
  return client.request('POST', LABELS, { body, headers });
}

/** Only what is not zero. */
export function some(outcomes: Receipt['outcomes']): Partial<Record<LabelOutcome, number>> {
  return Object.fromEntries(Object.entries(outcomes).filter(([, count]) => count > 0));
}
