import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Nothing but Node is imported here: a job starts it without waiting for a server's modules. */
const golden = fileURLToPath(new URL('../src/engines/fixtures/tiny-onnx/golden.json', import.meta.url));

const INPUTS = JSON.stringify([
  { type: 'double', name: 'distance', required: true },
  { type: 'double', name: 'hour', required: true },
  { type: 'string', name: 'carrier', required: true },
]);
const OUTPUTS = JSON.stringify([{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 2] } }]);

const MLMODEL = `flavors:
  python_function:
    loader_module: mlflow.sklearn
    predict_fn: predict_proba
  sklearn:
    sklearn_version: 1.9.1
signature:
  inputs: '${INPUTS}'
  outputs: '${OUTPUTS}'
`;

/** The files of a logged model whose ONNX form is that of the tiny model; two of them differ in their weights only. */
export function tinyFiles(weights: string): Readonly<Record<string, string>> {
  return { MLmodel: MLMODEL, 'data/model.bin': `weights ${weights}`, 'requirements.txt': '' };
}

/** Logs such a model and its golden requests over MLflow's API, as a training job does, without any Python. */
export async function logTinyModel(given: {
  readonly baseUrl: string;
  readonly token?: string;
  readonly run: string;
  readonly weights: string;
  readonly experiment?: string;
}): Promise<string> {
  const { baseUrl, token, run, weights, experiment = '0' } = given;
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const send = async (method: string, path: string, body: string) => {
    const headers = { 'content-type': 'application/json', ...authorization };
    const answer = await patiently(() => fetch(`${baseUrl}${path}`, { method, headers, body }));
    const said = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said}`);
    return said;
  };
  const mlflow = '/api/2.0/mlflow/logged-models';
  const fields = { experiment_id: experiment, name: 'model', source_run_id: run };
  const made = JSON.parse(await send('POST', mlflow, JSON.stringify(fields))) as {
    model: { info: { model_id: string; artifact_uri: string } };
  };
  const { model_id: id, artifact_uri: uri } = made.model.info;
  const root = uri.replace(/^mlflow-artifacts:\/*/, '/api/2.0/mlflow-artifacts/artifacts/');
  for (const [path, content] of Object.entries(tinyFiles(weights))) await send('PUT', `${root}/${path}`, content);
  const document = JSON.parse(await readFile(golden, 'utf8')) as Record<string, unknown>;
  await send('PUT', `/api/v1/logged-models/${id}/golden`, JSON.stringify({ ...document, model_id: id }));
  const ready = { model_id: id, status: 'LOGGED_MODEL_READY' };
  await send('PATCH', `${mlflow}/${id}`, JSON.stringify(ready));
  return id;
}

/** As MLflow's client does while a server is away. */
async function patiently(act: () => Promise<Response>): Promise<Response> {
  for (const until = performance.now() + 60_000; ; await sleep(100)) {
    try {
      return await act();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
  }
}
