import type { Mlflow } from '../../src/loop/track/mlflow-http.fixture.ts';

/** What the cases speak of: `$experiment`, `$deletedExperiment`, `$run` … */
export type Subjects = Readonly<Record<string, string>>;

export async function createSubjects({ post, send }: Pick<Mlflow, 'post' | 'send'>): Promise<Subjects> {
  const experiment = (await post('experiments/create', { name: 'subject' })).body.experiment_id;
  const deletedExperiment = (await post('experiments/create', { name: 'deleted' })).body.experiment_id;
  await post('experiments/delete', { experiment_id: deletedExperiment });
  const newRun = async () =>
    (await post('runs/create', { experiment_id: experiment, run_name: 'subject' })).body.run.info.run_id;
  const newModel = async () => {
    const params = [{ key: 'depth', value: '3' }];
    const { body } = await post('logged-models', { experiment_id: experiment, name: 'model', params });
    return body.model.info.model_id;
  };
  const [run, deletedRun, model, deletedModel] = [await newRun(), await newRun(), await newModel(), await newModel()];
  await post('runs/delete', { run_id: deletedRun });
  await send('DELETE', `logged-models/${deletedModel}`);
  const long = { long250: 'k'.repeat(250), long251: 'k'.repeat(251) };
  return { experiment, deletedExperiment, run, deletedRun, model, deletedModel, ...long };
}

/** Puts the subjects in, in texts at any depth. */
export function fill<T>(value: T, subjects: Subjects): T {
  const text = JSON.stringify(value);
  if (text === undefined) return value;
  return JSON.parse(text.replace(/\$(\w+)/g, (whole, name: string) => subjects[name] ?? whole)) as T;
}
