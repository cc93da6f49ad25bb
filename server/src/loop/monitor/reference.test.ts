import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import type { TestApp } from '../../../test/test-app.ts';
import { writeRows } from '../../platform/parquet/write-rows.ts';
import { commitFiles, declareDataset } from '../data/index.ts';
import { qualityJob } from './compute-quality.ts';
import { listReferenceQuality } from './reference-quality.ts';
import {
  captureDays,
  DAY,
  MONDAY,
  makeDay,
  monitoredApp,
  numbers,
  promote,
  runOnce,
  settle,
  watchDays,
} from './window.fixture.ts';

interface Detail {
  readonly reference: {
    readonly version: string;
    readonly features_from: string | null;
    readonly prediction_from: string | null;
    readonly notes: readonly string[];
  } | null;
  readonly results: readonly { readonly feature: string; readonly test: string; readonly state: string }[];
  readonly features: Readonly<Record<string, { readonly reference: readonly number[] | null }>>;
}

/** A dataset of so many days before the first Monday, in the distribution of the fixture. */
async function pushDataset(t: TestApp, folder: string, days: number): Promise<void> {
  const random = numbers(21);
  const lines = ['carrier,distance,late,at'];
  for (let day = -days; day < 0; day += 1) {
    for (const { rows, event_time } of makeDay(random, day)) {
      for (const [carrier, distance] of rows ?? []) {
        lines.push(`${carrier},${distance},0,${new Date(event_time).toISOString()}`);
      }
    }
  }
  await writeFile(join(folder, 'flights.csv'), `${lines.join('\n')}\n`);
  const files = [{ path: 'flights.csv', file: join(folder, 'flights.csv') }];
  const who = { actor: 'test', cause: null };
  await commitFiles(t.context, { name: 'flights', files, message: null, ...who });
  const declaration = { label: 'late', eventTime: 'at', key: null, description: null };
  await declareDataset(t.context, { name: 'flights', declaration, ...who });
}

/** A run that left out-of-fold predictions of so many days. */
async function logPredictions(t: TestApp, folder: string, days: number): Promise<string> {
  const create = { experiment_id: '0', start_time: 1 };
  const { run } = await t.client.request<{ run: { info: { run_id: string; artifact_uri: string } } }>(
    'POST',
    '/api/2.0/mlflow/runs/create',
    { json: create },
  );
  const random = numbers(22);
  const rows = Array.from({ length: days * 300 }, (_, at) => {
    const prediction = 0.1 + 0.5 * random();
    return [
      MONDAY - days * DAY + Math.floor(at / 300) * DAY + (at % 300) * 60_000,
      prediction,
      Number(random() < prediction),
    ];
  });
  const file = join(folder, 'predictions.parquet');
  await writeRows([rows], {
    file,
    columns: [
      { name: 'event_time', type: 'timestamp' },
      { name: 'prediction', type: 'double' },
      { name: 'label', type: 'integer' },
    ],
    scratch: join(folder, 'scratch'),
  });
  const below = run.info.artifact_uri.replace(/^mlflow-artifacts:\/*/, '');
  await t.context.blobs.put(`artifacts/${below}/reference/predictions.parquet`, await readFile(file));
  return run.info.run_id;
}

test.each(databases)(
  'on $name windows are compared from the first one on with the training data and the out-of-fold predictions',
  async (database) => {
    const folder = await mkdtemp(join(tmpdir(), 'bucle-reference-'));
    await using t = await monitoredApp(database);
    try {
      await pushDataset(t, folder, 10);
      await promote(t.context, 1, await logPredictions(t, folder, 10));
      await watchDays(t.context, { reference: { dataset: 'flights', windows: null } });
      const { put } = captureDays(t, 23);
      await put(1);
      await put(1, { shift: 1.5, lift: 0.3 });
      await put(1);
      const show = (day: number) => {
        const start = new Date(MONDAY + day * DAY).toISOString();
        return t.client.request<Detail>('GET', `/api/v1/endpoints/flights/windows/${start}`);
      };
      const stateOf = ({ results }: Detail, feature: string) =>
        results.find((result) => result.feature === feature && result.test === 'drift')?.state;
      const [first, second] = [await show(0), await show(1)];
      expect(first.reference).toMatchObject({ version: 'version:flights/1', features_from: 'dataset:flights@1' });
      expect(first.reference?.prediction_from).toMatch(/^run:[0-9a-f]{32}$/);
      expect(first.reference?.notes).toEqual([expect.stringContaining('names no version of flights')]);
      expect(first.features['distance']?.reference?.reduce((sum, count) => sum + count, 0)).toBe(3_000);
      const states = (of: Detail) => ['carrier', 'distance', 'prediction'].map((feature) => stateOf(of, feature));
      expect(states(first)).toEqual(['ok', 'ok', 'ok']);
      expect(states(second)).toEqual(['ok', 'alarm', 'alarm']);
      const quality = await listReferenceQuality(t.context.db.read, 'flights', 'version:flights/1');
      expect(quality).toHaveLength(10);
      expect(quality[0]?.metrics.map(({ name }) => name)).toEqual(expect.arrayContaining(['auc', 'log_loss', 'brier']));
      expect(quality[0]?.metrics.every(({ standardError }) => standardError > 0)).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test('a dataset of too few windows, and a run without predictions, are no reference, and say so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-reference-'));
  const [database] = databases;
  if (!database) throw new Error('No database to test on.');
  await using t = await monitoredApp(database);
  try {
    await pushDataset(t, folder, 3);
    await promote(t.context, 1);
    await watchDays(t.context, { reference: { dataset: 'flights', windows: null } });
    await captureDays(t, 24).put(3);
    const { reference } = await t.client.request<Detail>('GET', '/api/v1/endpoints/flights/windows/2001-03-05');
    expect(reference).toMatchObject({ features_from: null, prediction_from: null });
    expect(reference?.notes.join(' ')).toContain('has 3 whole windows of at least 100 rows; at least 4 are needed');
    expect(reference?.notes.join(' ')).toContain('Nobody knows which run trained the stable version');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each(databases)(
  'on $name no window becomes final before the promoted version has a reference',
  async (database) => {
    await using t = await monitoredApp(database);
    await promote(t.context, 1);
    await watchDays(t.context, {
      quality: { metric: 'brier', tolerance: 0.02 },
      labels: { maturityMs: 0, coverage: 0 },
    });
    await captureDays(t, 25).put(2);
    const states = async () => {
      await runOnce(qualityJob(t.context));
      const path = '/api/v1/endpoints/flights/quality';
      const { windows } = await t.client.request<{ windows: { state: string }[] }>('GET', path);
      return windows.map(({ state }) => state);
    };
    await promote(t.context, 2);
    expect(await states()).toEqual(['provisional', 'provisional']);
    await settle(t.context);
    expect(await states()).toEqual(['provisional', 'final']);
  },
);
