import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trackStage } from '../../src/loop/track/stage.ts';
import { databases } from '../databases.ts';
import { type TestApp, testApp } from '../test-app.ts';

describe.each(databases)('where artifacts are on $name', (database) => {
  const start = (defaultRoot: string) =>
    testApp({
      ...{ database, stages: [trackStage], background: false },
      config: { artifacts: { serve: true, only: false, defaultRoot } },
    });

  test('new experiments, the default one and their runs lie below the root that the server was started with', async () => {
    await using app = await start('s3://bucket/root');
    const id = await newExperiment(app, { name: 'below' });
    expect(await locationOf(app, id)).toBe(`s3://bucket/root/${id}`);
    expect(await locationOf(app, '0')).toBe('s3://bucket/root/0');
    const { run } = await call(app, 'runs/create', { experiment_id: id });
    expect(run.info.artifact_uri).toBe(`s3://bucket/root/${id}/${run.info.run_id}/artifacts`);
    const { model } = await call(app, 'logged-models', { experiment_id: id });
    expect(model.info.artifact_uri).toBe(`s3://bucket/root/${id}/models/${model.info.model_id}/artifacts`);
  });

  test('an experiment has the location that its owner says, and a relative one is of the folder of the server', async () => {
    await using app = await start('mlflow-artifacts:');
    const located = async (artifact_location: string) =>
      locationOf(app, await newExperiment(app, { name: artifact_location, artifact_location }));
    expect(await located('s3://b/p/')).toBe('s3://b/p/');
    expect(await located('file:///tmp/x')).toBe('file:///tmp/x');
    expect(await located('./rel/x')).toBe(resolve('rel/x'));
    const id = await newExperiment(app, { name: 'query', artifact_location: 's3://b/p?x=1' });
    const { run } = await call(app, 'runs/create', { experiment_id: id });
    expect(run.info.artifact_uri).toBe(`s3://b/p/${run.info.run_id}/artifacts?x=1`);
  });
});

async function newExperiment(app: TestApp, body: object): Promise<string> {
  return (await call(app, 'experiments/create', body)).experiment_id;
}

async function locationOf(app: TestApp, id: string): Promise<string> {
  const response = await fetch(`${app.baseUrl}/api/2.0/mlflow/experiments/get?experiment_id=${id}`);
  return ((await response.json()) as { experiment: { artifact_location: string } }).experiment.artifact_location;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
async function call(app: TestApp, path: string, body: object): Promise<any> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return (await fetch(`${app.baseUrl}/api/2.0/mlflow/${path}`, init)).json();
}
