import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConversion } from '../src/engines/conversion.ts';
import type { Engine, EngineKind } from '../src/engines/engine.ts';
import { type MlModel, readMlModel } from '../src/engines/mlmodel.ts';
import { openOnnxEngine } from '../src/engines/onnx-engine.ts';
import type { ParityReport } from '../src/engines/parity-report.ts';
import { openPythonEngine } from '../src/engines/python-engine.ts';
import { verifyEngine } from '../src/engines/verify-engine.ts';
import { decisionStage } from '../src/loop/deploy/model-source.fixture.ts';
import { createDeployStage } from '../src/loop/deploy/stage.ts';
import { deploy, untilState } from '../src/loop/deploy/test-gateway.fixture.ts';
import { gatewayConfig, post } from '../src/loop/serve/gateway.fixture.ts';
import { type Gateway, startGateway } from '../src/loop/serve/gateway-main.ts';
import { serveStage } from '../src/loop/serve/stage.ts';
import { createLog } from '../src/platform/log.ts';
import {
  type MadeModel,
  type MadeModels,
  madeSource,
  makeModels,
  plantConversion,
  plantEnvironment,
} from './made-models.ts';
import { testPython } from './python.ts';
import { type TestApp, testApp } from './test-app.ts';

const HEALTHY = [
  'logistic',
  'imputed',
  'forest',
  'hist-ordinal',
  'hist-one-hot',
  'boosting-regressor',
  'linear-regression',
  'support-vectors',
  'multi-class',
  'hist-multi-class',
];
/** A Python worker takes seconds to start, so that a quick run asks one with probabilities and one with labels. */
const ON_PYTHON = process.env['BUCLE_SOAK'] === '1' ? HEALTHY : ['imputed', 'support-vectors'];

/** What is planted, the worker that serves it, and what the verdict says about it. */
const DEFECTS: readonly { name: string; engine: EngineKind; first: RegExp; size: boolean; cause: RegExp }[] = [
  {
    name: 'columns-swapped',
    engine: 'onnx',
    first: /^Golden row \d+ of \S+, output \d should give [\d.]+, and the worker gives [\d.]+ \(by [\d.]+\)/,
    size: true,
    cause: /age.*income.*exchanged/,
  },
  { name: 'float32-threshold', engine: 'onnx', first: /^Golden row \d+ of /, size: true, cause: /float32.*threshold/ },
  {
    name: 'native-categories',
    engine: 'onnx',
    first: /^Golden row \d+ of /,
    size: true,
    cause: /ONNX form does not compute what the model does/,
  },
  {
    name: 'other-sklearn-minor',
    engine: 'python',
    first: /another scikit-learn than it was trained with.*Golden row \d+ of /,
    size: true,
    cause: /scikit-learn 1\.5\.2 → \d/,
  },
  { name: 'wrong-positive-class', engine: 'python', first: /^Golden row \d+ of /, size: true, cause: /positive class/ },
  { name: 'dropped-imputer', engine: 'python', first: /^Golden row \d+ of /, size: true, cause: /imputer was dropped/ },
  {
    name: 'int-to-float-on-null',
    engine: 'python',
    first: /^The golden request edge:null:visits fails where the model was trained, and the worker answers it with \[/,
    size: false,
    cause: /refuses this input/,
  },
  { name: 'stale-file', engine: 'python', first: /^Golden row \d+ of /, size: true, cause: /stale|not those/ },
  {
    name: 'labels-for-probabilities',
    engine: 'python',
    first: /^Golden row \d+ of .* should give \[/,
    size: false,
    cause: /predict instead of predict_proba/,
  },
  { name: 'category-order', engine: 'python', first: /^Golden row \d+ of /, size: true, cause: /not those/ },
];

let root = '';
let made: MadeModels = { healthy: [], defects: [] };
const python = testPython();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bucle-parity-'));
  made = await makeModels(python, join(root, 'made'));
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

function find(modelId: string): MadeModel {
  const found = [...made.healthy, ...made.defects].find(({ model_id }) => model_id === modelId);
  if (!found) throw new Error(`There is no model ${modelId}.`);
  return found;
}

test('all models that are listed here were made, and no other', () => {
  expect(made.healthy.map(({ name }) => name)).toEqual(HEALTHY);
  expect(made.defects.map(({ name }) => name)).toEqual(DEFECTS.map(({ name }) => name));
});

describe.concurrent('the parity gate', { timeout: 180_000 }, () => {
  /** As the gateway does it: the worker that would serve, the files on disk, the verdict. */
  const judge = async (name: string, kind: EngineKind): Promise<ParityReport> => {
    const { model, onnx, golden, model_id: modelId } = find(`m-${name}`);
    const mlmodel = await readMlModel(model);
    await using engine = await open(find(`m-${name}`), kind, mlmodel);
    const sha256 = createHash('sha256')
      .update(await readFile(golden))
      .digest('hex');
    const files = {
      model: { folder: model, digest: name },
      onnx: onnx === null ? null : { folder: onnx, digest: name },
      golden: { file: golden, sha256 },
    };
    const verification = { name, modelId, engine, mlmodel, files, meaning: null };
    return await verifyEngine({ verdicts: join(root, 'verdicts') }, verification);
  };
  const open = async ({ name, model, onnx }: MadeModel, kind: EngineKind, { signature }: MlModel): Promise<Engine> => {
    if (kind === 'onnx') {
      const conversion = await readConversion(join(onnx ?? '', 'conversion.json'));
      return openOnnxEngine({ modelFile: join(onnx ?? '', 'model.onnx'), conversion, signature });
    }
    const workDir = join(root, 'work', name);
    await mkdir(workDir, { recursive: true });
    return openPythonEngine({ python, folder: model, workDir, signature });
  };

  test.each(HEALTHY)('the healthy model %s passes in its ONNX form', async (name) => {
    expectPassed(await judge(name, 'onnx'));
  });

  test.each(ON_PYTHON)('the healthy model %s passes in a Python worker', async (name) => {
    expectPassed(await judge(name, 'python'));
  });
});

describe.concurrent('deployed with a planted defect', { timeout: 180_000 }, () => {
  let server: TestApp;
  let gateway: Gateway;

  beforeAll(async () => {
    const dataDir = join(root, 'gateway');
    server = await testApp({
      stages: [decisionStage, createDeployStage(madeSource(find)), serveStage],
      config: { python },
    });
    for (const one of made.defects) {
      await plantConversion(server.context, one);
      await plantEnvironment(join(dataDir, 'environments'), python, one);
    }
    gateway = await startGateway(
      { ...gatewayConfig(dataDir, server.baseUrl), python },
      { log: createLog('silent', 'gateway') },
    );
  }, 60_000);
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test.each(DEFECTS)('$name gets no traffic; the row, the size and the likely cause are said', async (defect) => {
    const { name, engine } = defect;
    const asked = await deploy(server.client, name, { version: `${name}/1`, engine, traffic: 100 });
    const { failure, parity, traffic } = await untilState(server.client, asked, ['failed'], 150_000);
    expect(parity).toMatchObject({ passed: false, engine });
    expect(parity?.message).toMatch(defect.first);
    expect(parity?.cause).toMatch(defect.cause);
    expect(parity?.message).toContain(`Likely cause: ${parity?.cause}`);
    expect(parity?.first).not.toBe(null);
    if (defect.size) expect(parity?.first?.difference).toBeGreaterThan(1e-4);
    expect(failure).toMatchObject({ step: 'parity', reason: expect.stringContaining(parity?.message ?? '') });
    expect(traffic).toBe(0);
    const row = { dataframe_records: [{ age: 40, income: 30, visits: 3, plan: 'pro', region: 'west' }] };
    const answer = await post(`${gateway.url}/endpoints/${name}/invocations`, row);
    expect([404, 503]).toContain(answer.status);
    const directly = await post(`${gateway.url}/endpoints/${name}/invocations`, row, { 'bucle-deployment': asked.id });
    expect([404, 503]).toContain(directly.status);
  });
});

function expectPassed(report: ParityReport): void {
  expect(report.message).toMatch(/^The worker reproduces all \d+ golden rows in 5 ways of sending them\.$/);
  expect(report).toMatchObject({ passed: true, refusals: 0, label_flips: 0, first: null, cause: null });
  expect(report.golden.rows).toBeGreaterThan(200);
}
