import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseGolden } from '../src/engines/golden.ts';
import { commitFiles } from '../src/loop/data/index.ts';
import { insertConversion } from '../src/loop/deploy/conversion.store.ts';
import { converterVersion } from '../src/loop/deploy/prepare/converter-version.ts';
import { because, openEvaluate } from '../src/loop/evaluate/decision.fixture.ts';
import { toGate } from '../src/loop/evaluate/gate.ts';
import { replayDecision } from '../src/loop/evaluate/replay-decision.ts';
import { requestDecision } from '../src/loop/evaluate/request-decision.ts';
import { databases } from './databases.ts';
import {
  digestOfModel,
  type MadeModel,
  madeSource,
  makeModels,
  plantConversion,
  plantEnvironment,
} from './made-models.ts';
import { testPython } from './python.ts';

let root = '';
let models: readonly MadeModel[] = [];
const python = testPython();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bucle-evaluation-'));
  models = (await makeModels(python, root, ['logistic', 'imputed'])).healthy;
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

function find(modelId: string): MadeModel {
  const found = models.find(({ model_id }) => model_id === modelId);
  if (!found) throw new Error(`There is no model ${modelId}.`);
  return found;
}

/** The recorded rows of a model, with the answers of another one as labels. */
async function writeRows(path: string, { golden }: MadeModel): Promise<number> {
  const { requests } = parseGolden(await readFile(golden, 'utf8'));
  const sample = requests.find(({ name }) => name === 'sample') ?? requests[0];
  if (!sample) throw new Error('The model has no golden requests.');
  const lines = sample.rows.map((row, at) => {
    const output = sample.outputs?.[at] as readonly number[];
    return [`r${at}`, ...row.map((cell) => cell ?? ''), (output[1] ?? 0) >= 0.5 ? 1 : 0].join(',');
  });
  await writeFile(path, `${[['id', ...sample.columns, 'y'].join(','), ...lines].join('\n')}\n`);
  return lines.length;
}

test('a model without ONNX form is judged by a Python worker, against one that has it', {
  timeout: 180_000,
}, async () => {
  const [database] = databases;
  if (!database) throw new Error('There is no database to test on.');
  await using e = await openEvaluate(database, { source: madeSource(find), config: { python } });
  const { context, dataDir } = e.t;
  const [served, plain] = [find('m-imputed'), find('m-logistic')];
  const key = { modelDigest: await digestOfModel(served), converter: await converterVersion() };
  await context.db.transaction((trx) => insertConversion(trx, key, { files: null, reason: 'it was not asked for' }, 1));
  await plantConversion(context, plain);
  await plantEnvironment(join(dataDir, 'environments'), python, served);
  const file = join(root, 'rows.csv');
  const rows = await writeRows(file, served);
  const said = { message: null, actor: 'test', cause: null };
  const holdout = await commitFiles(context, { name: 'holdout', files: [{ path: 'rows.csv', file }], ...said });
  const other = join(root, 'other.csv');
  await writeFile(other, 'id,y\nx1,0\n');
  const training = await commitFiles(context, { name: 'training', files: [{ path: 'o.csv', file: other }], ...said });
  await e.addVersion('imputed', {}, training);
  await e.addVersion('logistic', {}, training);

  const { id } = await requestDecision(context, {
    ...{
      subject: 'endpoint:test',
      candidate: 'version:imputed/1',
      champion: 'version:logistic/1',
      key: null,
      ...because,
    },
    dataset: `dataset:holdout@${holdout.number}`,
    meaning: { kind: 'probability', column: '1', threshold: 0.5 },
    columns: { label: 'y', eventTime: null, key: 'id' },
    gate: toGate({ metric: 'accuracy', minimum_rows: 10 }),
  });
  const decision = await e.untilMade(id);
  expect(decision.evidence, decision.headline).toMatchObject({
    rows: { compared: rows - (decision.evidence?.rows.unanswered ?? 0), days: null },
    candidate: { engine: 'python', engine_reason: 'it was not asked for', unanswered: 0 },
    champion: { engine: 'onnx' },
  });
  expect(decision.evidence?.candidate?.metrics[0]).toMatchObject({ name: 'accuracy', value: 1, high: 1 });
  expect(decision.evidence?.difference?.method).toMatch(/over \d+ rows/);
  const replayed = await replayDecision({ ...context, models: e.models }, id, new AbortController().signal);
  expect(replayed).toMatchObject({ identical: true, differences: [] });
});
