import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { readRows } from '../../platform/parquet/read-rows.ts';
import { commitFiles, declareDataset, findDatasetDeclaration, loadManifest, resolveVersion } from '../data/index.ts';
import { dataStage } from '../data/stage.ts';
import { firePolicy } from './fire-policy.ts';
import { findFiring, listFirings } from './firing.store.ts';
import { because, declare, drift, pushFlights } from './flights.fixture.ts';
import { openTables } from './follow/dataset-tables.ts';
import { DAY, type ScriptedPorts, START, scriptedPorts, tell } from './scripted-ports.fixture.ts';
import { createRetrainStage } from './stage.ts';

async function untilDone({ context }: Pick<TestApp, 'context'>, number = 1) {
  const firing = async () =>
    (await listFirings(context.db.read, { policy: 'weekly', limit: 10 })).find((one) => one.number === number);
  await expect.poll(async () => (await firing())?.state, { timeout: 60_000 }).toBe('done');
  const found = await firing();
  if (!found) throw new Error('There is no firing.');
  return found;
}

async function tableOf({ context, dataDir }: Pick<TestApp, 'context' | 'dataDir'>, ref: string, columns: string[]) {
  const version = await resolveVersion(context, ref);
  const folder = join(dataDir, 'look', ref.replaceAll(/\W/g, '-'));
  const tables = await openTables(context, version, folder, new AbortController().signal);
  const rows: unknown[][] = [];
  for await (const batch of readRows(tables, { scratch: join(folder, 'scratch'), columns }))
    rows.push(...batch.rows.map((row) => [...row]));
  return { version, rows, files: (await loadManifest(context, version.id)).files };
}

describe.each(databases)('a firing on $name', (database) => {
  const open = (ports: ScriptedPorts) => testApp({ database, stages: [dataStage, createRetrainStage(ports)] });

  test('freezes, trains, judges and rolls out once, and adds what matured later to the same files', async () => {
    const ports = scriptedPorts();
    await using t = await open(ports);
    await pushFlights(t);
    await declare(t);
    await drift(t);
    const first = await untilDone(t);
    expect(first).toMatchObject({
      ...{ outcome: 'promoted', training: 'dataset:flights@2', holdout: 'dataset:flights-holdout@1', base: 1 },
      ...{ version: 'version:flights/2', champion: 'version:flights/1', maturedUntil: START + 42 * DAY },
      frozen: { newRows: 28 * 24, trainedUntil: START + 28 * DAY, holdout: { rows: 14 * 24 } },
    });
    expect(first.summary).toBe(
      `version:flights/2 won the gate and holds the stable traffic of flights now (rollout:${first.rollout}).`,
    );
    const key = `firing:${first.id}`;
    expect(ports.calls).toEqual([`job ${key}`, `register ${first.job}`, `decision ${key}`, `rollout ${key}`]);
    expect(ports.requests.get(`job ${key}`)).toMatchObject({ inputs: { flights: 'dataset:flights@2' } });
    expect(ports.requests.get(`decision ${key}`)).toMatchObject({
      ...{ candidate: 'version:flights/2', champion: 'version:flights/1', dataset: 'dataset:flights-holdout@1' },
      ...{ columns: { label: 'late', eventTime: 'event_time', key: 'flight' }, gate: 'better' },
    });
    const columns = ['flight', 'event_time', 'origin', 'delay', 'late'];
    const training = await tableOf(t, 'flights@2', columns);
    expect(training.files.map(({ path }) => path)).toEqual([
      'README.md',
      'captures/20130303T230000Z-20130401T000000Z.parquet',
      'flights.csv',
    ]);
    expect(training.version.created_by).toBe('policy:weekly');
    expect(training.rows).toHaveLength(336 + 28 * 24);
    const captured = training.rows.filter(([flight]) => String(flight).startsWith('flight-'));
    expect(captured[5]).toEqual(['flight-5', '2013-03-04T05:00:00.000Z', 'EWR', 12, 1]);
    const holdout = await tableOf(t, 'flights-holdout@1', columns);
    expect(holdout.rows.map(([flight]) => flight)).toEqual(
      Array.from({ length: 14 * 24 }, (_, index) => `flight-${28 * 24 + index}`),
    );

    await drift(t, [6, 7, 8, 9, 10]);
    const second = await untilDone(t, 2);
    expect(second).toMatchObject({ training: 'dataset:flights@3', holdout: 'dataset:flights-holdout@2', base: 1 });
    const later = await tableOf(t, 'flights@3', columns);
    expect(later.rows).toHaveLength(336 + (second.frozen?.trainedUntil ?? 0) / 3_600_000 - START / 3_600_000);
    expect(new Set(later.rows.map(([flight]) => flight)).size).toBe(later.rows.length);
    // What was frozen before is the very same file: its chunks are stored once.
    for (const file of training.files) expect(later.files).toContainEqual(file);
  });

  test('a dataset that nobody pushed, or that names no label, ends the firing with what to do', async () => {
    await using t = await open(scriptedPorts());
    await declare(t);
    await drift(t);
    const first = await untilDone(t);
    expect(first).toMatchObject({ outcome: 'failed', training: null, holdout: null });
    expect(first.nextStep).toContain('bucle data push flights');
    await pushFlights(t);
    const declaration = { label: null, eventTime: 'event_time', key: null, description: null };
    await declareDataset(t.context, { name: 'flights', declaration, ...because });
    await firePolicy(t.context, { name: 'weekly', reason: 'try again', ...because });
    const second = await untilDone(t, 2);
    expect(second.summary).toBe('The dataset flights declares no label.');
    expect(await findDatasetDeclaration(t.context.db.read, 'flights')).toMatchObject({ label: null });
  });

  test('a trailing window leaves older rows out, cutting the pushed table and the blocks where it must', async () => {
    await using t = await open(scriptedPorts());
    await pushFlights(t);
    await declare(t, {
      data: { from: 'captures', dataset: 'flights', window: '35d', holdout: '14d', minimum_rows: 100 },
    });
    await drift(t);
    await untilDone(t);
    const times = async (ref: string) => {
      const { rows, files } = await tableOf(t, ref, ['event_time']);
      const all = rows.map(([time]) => Date.parse(String(time))).sort((a, b) => a - b);
      return {
        from: all[0],
        until: (all.at(-1) ?? 0) + 3_600_000,
        count: all.length,
        files: files.map(({ path }) => path),
      };
    };
    expect(await times('flights@2')).toEqual({
      ...{ from: START - 7 * DAY, until: START + 28 * DAY, count: 35 * 24 },
      files: [
        'README.md',
        'captures/20130303T230000Z-20130401T000000Z.parquet',
        'pushed-since-20130225T000000Z.parquet',
      ],
    });
    await drift(t, [6, 7, 8, 9, 10]);
    const second = await untilDone(t, 2);
    const until = second.frozen?.trainedUntil ?? 0;
    expect(await times('flights@3')).toMatchObject({ from: until - 35 * DAY, until, count: 35 * 24 });
  });

  test('with data from a dataset the newest pushed version is trained on, and the newest holdout judges', async () => {
    const ports = scriptedPorts();
    await using t = await open(ports);
    await declare(t, {
      triggers: [{ dataset: 'pushed' }],
      data: { from: 'dataset', dataset: 'flights', holdout_dataset: 'judged' },
    });
    await tell(t.context, {
      type: 'endpoint.promoted',
      subject: 'endpoint:flights',
      data: { version: 'version:flights/1' },
    });
    const folder = await mkdtemp(join(tmpdir(), 'bucle-judged-'));
    await writeFile(join(folder, 'x.csv'), 'late\n1\n');
    await commitFiles(t.context, {
      name: 'judged',
      files: [{ path: 'x.csv', file: join(folder, 'x.csv') }],
      message: null,
      ...because,
    });
    await rm(folder, { recursive: true });
    await pushFlights(t);
    const firing = await untilDone(t);
    expect(firing).toMatchObject({ outcome: 'promoted', training: 'dataset:flights@1', holdout: 'dataset:judged@1' });
    expect(await findFiring(t.context.db.read, firing.id)).toEqual(firing);
  });
});

describe('the end of a firing', () => {
  const open = (ports: ScriptedPorts) => testApp({ stages: [dataStage, createRetrainStage(ports)] });

  test.each<[string, Parameters<typeof scriptedPorts>[0], string, string]>([
    ['a candidate that is not better', { verdict: 'keep' }, 'not_better', 'is not shown to be better: log loss 0.471'],
    ['a decision that cannot be made', { verdict: 'invalid' }, 'invalid', 'No decision could be made'],
    ['a job that fails', { job: { state: 'failed', reason: 'exit code 1' } }, 'failed', 'failed (job:job-of-firing'],
    ['a job that is cancelled', { job: { state: 'cancelled', reason: null } }, 'aborted', 'was cancelled'],
    [
      'a rollout that is aborted',
      { rollout: { end: 'aborted', reason: 'errors' } },
      'aborted',
      'its rollout was aborted',
    ],
    ['a job that nobody declared', { isDeclared: false }, 'failed', 'No job train is declared'],
    ['an endpoint that serves no model', { stable: undefined }, 'failed', 'serves no registered model'],
  ])('%s is an outcome with a reason', async (_title, script, outcome, words) => {
    await using t = await open(scriptedPorts(script));
    await pushFlights(t);
    await declare(t);
    await drift(t);
    const firing = await untilDone(t);
    expect(firing.outcome).toBe(outcome);
    expect(firing.summary).toContain(words);
    expect(firing.endedAt).not.toBeNull();
  });
});
