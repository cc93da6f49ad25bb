import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { killedOn } from '../../../test/killed-server.ts';
import type { TestApp } from '../../../test/test-app.ts';
import { readEventsOf } from '../../platform/events/event.store.ts';
import { siblingModule } from '../../platform/processes/sibling-module.ts';
import { DAY, index, LABELS, labellingApp, MONDAY, makePrediction, sendLines, settle, watch } from './label.fixture.ts';
import { windowRef } from './window.ts';

const COUNT = 1_200;

interface Page {
  readonly received: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

/** Runs the process of the fixture to where it dies. */
async function dieAt(t: TestApp, failpoint: string, lines: readonly string[], key: string | null): Promise<void> {
  const fuse = join(t.dataDir, 'fuse');
  await writeFile(fuse, '');
  const fixture = siblingModule(import.meta.url, './label-process.fixture').pathname;
  const task = JSON.stringify({ database: t.context.config.database, lines, key });
  const child = spawn(process.execPath, ['-C', '@bucle/source', fixture, task], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, BUCLE_FAILPOINT: `${failpoint}:${fuse}` },
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe('SIGKILL');
}

describe.each(killedOn)('a server that is killed on $name', (database) => {
  const counts = async (t: TestApp) => {
    const kept = await t.context.db.read.selectFrom('monitor_labels').select('seq').execute();
    const { received, outcomes } = await t.client.request<Page>('GET', LABELS);
    return { kept: kept.length, received, accepted: outcomes['accepted'], repeated: outcomes['repeated'] };
  };
  const prepare = async (t: TestApp) => {
    const predictions = Array.from({ length: COUNT }, () => makePrediction());
    await index(t.context, predictions);
    return predictions.map(({ id }) => ({ prediction: id, value: 1 }));
  };

  test.each(['before', 'after'])(
    '%s a chunk of labels loses none and doubles none when they are sent again',
    async (at) => {
      await using t = await labellingApp({ database });
      const labels = await prepare(t);
      const lines = labels.map((label) => JSON.stringify(label));
      const done = at === 'before' ? 0 : 500;
      await dieAt(t, `labels:chunk:${at}`, lines, 'batch');
      expect(await counts(t)).toEqual({ kept: done, received: done, accepted: done, repeated: 0 });
      const again = await sendLines(t.client, labels, 'batch');
      expect(again).toMatchObject({ received: COUNT, outcomes: { accepted: COUNT, repeated: 0 } });
      expect(await counts(t)).toEqual({ kept: COUNT, received: COUNT, accepted: COUNT, repeated: 0 });
      // Without a key what was kept counts as repeated, and is not kept twice.
      await sendLines(t.client, labels);
      expect(await counts(t)).toMatchObject({ kept: COUNT, received: 2 * COUNT, repeated: COUNT });
    },
  );

  test.each(['before', 'after'])('%s a window is final makes it final exactly once', async (at) => {
    await using t = await labellingApp({ database });
    await watch(t.context, MONDAY + 20 * DAY);
    await index(t.context, [makePrediction()]);
    await dieAt(t, `quality:mature:${at}`, [], null);
    await settle(t.context);
    await settle(t.context);
    const told = await readEventsOf(t.context.db.read, windowRef('flights', MONDAY), 10);
    expect(told.map(({ type }) => type)).toEqual(['window.matured']);
    const rows = await t.context.db.read.selectFrom('monitor_quality').select(['state', 'revision']).execute();
    expect(rows).toEqual([{ state: 'final', revision: 1 }]);
  });
});
