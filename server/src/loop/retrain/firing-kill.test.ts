import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killedOn } from '../../../test/killed-server.ts';
import { testApp } from '../../../test/test-app.ts';
import { siblingModule } from '../../platform/processes/sibling-module.ts';
import { resolveVersion } from '../data/index.ts';
import { dataStage } from '../data/stage.ts';
import { listFirings } from './firing.store.ts';
import { declare, drift, pushFlights } from './flights.fixture.ts';
import { scriptedPorts } from './scripted-ports.fixture.ts';
import { createRetrainStage } from './stage.ts';

/** Every place where a firing changes something, in the order in which it comes by. */
const points = [
  'firing:fired:before',
  'firing:freezing:before',
  'firing:freezing:after',
  'firing:training_version:before',
  'firing:training_version:after',
  'firing:training:before',
  'firing:training:after',
  'firing:submitted',
  'firing:registering:before',
  'firing:registering:after',
  'firing:evaluating:before',
  'firing:evaluating:after',
  'firing:decision_requested',
  'firing:rolling_out:before',
  'firing:rolling_out:after',
  'firing:rollout_started',
  'firing:done:before',
  'firing:done:after',
];

test.each(killedOn)(
  'a firing whose server is killed at each of its steps in turn comes to one job, one version, one decision, one rollout, on $name',
  { timeout: 300_000 },
  async (database) => {
    await using t = await testApp({
      database,
      stages: [dataStage, createRetrainStage(scriptedPorts())],
      background: false,
    });
    const { context } = t;
    await pushFlights(t);
    await declare(t);
    await drift(t);
    const witness = join(t.dataDir, 'witness');
    const failpoint = join(t.dataDir, 'failpoint');
    const run = async (point: string | null) => {
      const child = spawn(
        process.execPath,
        [
          siblingModule(import.meta.url, './firing-process.fixture').pathname,
          t.dataDir,
          JSON.stringify(context.config.database),
          witness,
        ],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
          env: {
            ...process.env,
            NODE_OPTIONS: '--conditions=@bucle/source',
            BUCLE_FAILPOINT: point === null ? '' : `${point}:${failpoint}`,
          },
        },
      );
      const [code, signal] = await once(child, 'exit');
      return { code, signal };
    };
    for (const point of points) {
      await writeFile(failpoint, 'SIGKILL');
      expect({ point, ...(await run(point)) }).toEqual({ point, code: null, signal: 'SIGKILL' });
      await expect(access(failpoint)).rejects.toThrow('ENOENT');
    }
    expect(await run(null)).toEqual({ code: 0, signal: null });

    const firings = await listFirings(context.db.read, { policy: 'weekly', limit: 10 });
    expect(firings).toMatchObject([
      { number: 1, outcome: 'promoted', training: 'dataset:flights@2', holdout: 'dataset:flights-holdout@1' },
    ]);
    expect((await resolveVersion(context, 'flights')).number).toBe(2);
    expect((await resolveVersion(context, 'flights-holdout')).number).toBe(1);
    const asked = new Set((await readFile(witness, 'utf8')).trim().split('\n'));
    expect([...asked].map((line) => (JSON.parse(line) as { what: string }).what)).toEqual([
      'job',
      'decision',
      'rollout',
    ]);
    const events = await context.db.read
      .selectFrom('events')
      .select(['type', 'id', 'cause'])
      .where('subject', '=', `firing:${firings[0]?.id}`)
      .orderBy('seq')
      .execute();
    expect(events.map(({ type }) => type)).toEqual(
      ['started', 'freezing', 'training', 'registering', 'evaluating', 'rolling_out', 'done'].map(
        (step) => `firing.${step}`,
      ),
    );
    // Each led to the next.
    expect(events.slice(1).map(({ cause }) => cause)).toEqual(events.slice(0, -1).map(({ id }) => id));
  },
);
