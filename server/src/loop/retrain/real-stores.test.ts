import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { testApp } from '../../../test/test-app.ts';
import { dataStage } from '../data/stage.ts';
import { findVersion, registerLoggedModel } from '../registry/index.ts';
import { makeLoggedModel, makeRun } from '../registry/logged-model.fixture.ts';
import { registryStage } from '../registry/stage.ts';
import { runTracking } from '../track/index.ts';
import { trackStage } from '../track/stage.ts';
import { declareJobTemplate, findJob } from '../train/index.ts';
import { pushSnapshot } from '../train/project.fixture.ts';
import { createTrainStage } from '../train/stage.ts';
import { boundPorts, toPlan } from './bind-ports.ts';
import { listFirings } from './firing.store.ts';
import { because, declare, drift, pushFlights } from './flights.fixture.ts';
import { scriptedPorts } from './scripted-ports.fixture.ts';
import { createRetrainStage } from './stage.ts';

describe.each(databases)('a firing over real stores on $name', (database) => {
  test('runs the declared job on the frozen version, and registers what it logged as the next version of the endpoint’s model', async () => {
    const scripted = scriptedPorts();
    let logged = '';
    const stage = createRetrainStage({
      ...scripted,
      findJobRequest: boundPorts.findJobRequest,
      submitJob: boundPorts.submitJob,
      findJob: boundPorts.findJob,
      async registerModel(parts, { name, description, actor, cause }) {
        const { version } = await registerLoggedModel(parts, {
          name,
          from: `model:${logged}`,
          description,
          actor,
          cause,
        });
        return `version:${version.name}/${version.number}`;
      },
    });
    await using t = await testApp({
      database,
      stages: [trackStage, dataStage, createTrainStage(runTracking), registryStage, stage],
    });
    logged = (await makeLoggedModel(t, { run: await makeRun(t) })).id;
    // Succeeds only where the frozen block lies next to what was pushed.
    const script = 'cat "$BUCLE_INPUT_FLIGHTS/flights.csv" > /dev/null && ls "$BUCLE_INPUT_FLIGHTS"/captures/*.parquet';
    const snapshot = await pushSnapshot(t.client, { 'train.sh': script });
    const request = { command: ['sh', 'train.sh'], snapshot, inputs: { flights: 'flights' } };
    await declareJobTemplate(t.context, { name: 'train', request, ...because });
    await pushFlights(t);
    await declare(t);
    await drift(t);
    const last = async () => (await listFirings(t.context.db.read, { limit: 1 }))[0];
    await expect.poll(async () => (await last())?.state, { timeout: 60_000 }).toBe('done');
    const firing = await last();
    expect(firing).toMatchObject({ outcome: 'promoted', version: 'version:flights/1' });
    const job = await findJob(t.context.db.read, firing?.job ?? '');
    expect(job).toMatchObject({
      ...{ name: 'train', state: 'succeeded', createdBy: 'policy:weekly' },
      inputs: [{ name: 'flights', dataset: 'flights', number: 2 }],
    });
    expect(await findVersion(t.context.db.read, { name: 'flights', number: 1 })).toMatchObject({
      description: 'Firing 1 of the policy weekly, trained on dataset:flights@2.',
    });
  });
});

test('the steps of a policy become a plan with the usual guards; what it leaves out is as usual', () => {
  const plan = toPlan({ steps: [25, 100], minSeconds: 5, minRequests: null, maxSeconds: null });
  expect(plan.steps).toEqual([
    { percent: 25, minSeconds: 5, minRequests: 200 },
    { percent: 100, minSeconds: 5, minRequests: 200 },
  ]);
  expect(plan.guards).toEqual(toPlan(null).guards);
});
