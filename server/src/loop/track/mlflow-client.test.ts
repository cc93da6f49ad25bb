import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type BlobKind, blobKinds, hasBlobs } from '../../../test/blob-stores.ts';
import { databases } from '../../../test/databases.ts';
import { testPython } from '../../../test/python.ts';
import { testApp } from '../../../test/test-app.ts';
import type { Stage } from '../../context.ts';
import { inheritedEnvironment } from '../../platform/config/inherited-environment.ts';
import { run } from '../../platform/processes/run.ts';
import { trackStage } from './stage.ts';

const script = fileURLToPath(new URL('./mlflow-client.fixture.py', import.meta.url));
/** Notes every request that is refused. */
const watch = (refused: string[]): Stage => ({
  name: 'watch',
  migrations: [],
  errors: {},
  routes(app) {
    app.addHook('onResponse', async ({ method, url }, { statusCode }) => {
      if (statusCode >= 400) refused.push(`${statusCode} ${method} ${url.replace(/[0-9a-f]{32}/g, 'ID')}`);
    });
  },
});
// Not every database with every store: each is there once.
const pairs = databases.map((database, i) => ({ database, blobs: blobKinds[i] as BlobKind }));

describe.each(pairs)('the MLflow client on $database.name and $blobs.name', ({ database, blobs }) => {
  test.skipIf(!hasBlobs(blobs))(
    'does all that a training script does, and asks for nothing that is not there',
    async () => {
      await using store = await blobs.create();
      const refused: string[] = [];
      await using app = await testApp({
        database,
        blobs: store.config,
        stages: [watch(refused), trackStage],
        background: false,
      });
      const result = await run(testPython(), [script], {
        env: { ...inheritedEnvironment(), MLFLOW_TRACKING_URI: app.baseUrl, PYTHONDONTWRITEBYTECODE: '1' },
        timeoutMs: 120_000,
      });
      expect(result.stderr.split('\n').filter((line) => /Traceback|Error/.test(line))).toEqual([]);
      const seen = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
      expect(seen).toEqual({
        classic: {
          status: 'FINISHED',
          name: 'first',
          params: { depth: '3', rate: '0.1', kind: 'tree' },
          metrics: { loss: '0.2', auc: '0.9', broken: 'nan', endless: '1.7976931348623157e+308' },
          tags: { team: 'red', stage: 'trial', x: '1', y: null, 'mlflow.note.content': 'notes' },
          history: [1, 0.5, 1 / 3, 0.25, 0.2].map((value, step) => [step, value]),
          artifacts: [
            ['config.json', false],
            ['notes', true],
            ['table.json', false],
          ],
          nested: ['notes/hello wörld.txt'],
          text: 'hello',
          inputs: [['flights', ['training']]],
        },
        search: {
          filter: ['first'],
          order: ['second', 'first'],
          attribute: ['second'],
          dataset: ['first'],
          experiments: ['flights é'],
          error: ['INVALID_PARAMETER_VALUE', expect.stringContaining("Invalid entity type 'bogus'")],
        },
        autolog: {
          C: '0.5',
          metrics: ['training_accuracy_score', 'training_f1_score'],
          inputs: 1,
          outputs: 1,
          models: [['READY', '0.5']],
        },
        models: {
          id: expect.stringMatching(/^m-[0-9a-f]{32}$/),
          run: expect.stringMatching(/^[0-9a-f]{32}$/),
          status: 'READY',
          params: { p: '1' },
          metrics: [['auc', 0.75, 'test']],
          signature: true,
          same: true,
          ranked: [true],
        },
        lifecycle: {
          metrics: 1000,
          refused: 'INVALID_PARAMETER_VALUE',
          experiment: ['scratch 2', 'active', { k: 'v' }],
        },
      });
      expect(refused).toEqual([
        // How clients find out: an experiment that is not there, where the model of a run lies, and the mistakes of the script.
        '404 GET /api/2.0/mlflow/experiments/get-by-name?experiment_name=flights+%C3%A9',
        '400 POST /api/2.0/mlflow/runs/search',
        '404 GET /api/2.0/mlflow-artifacts/artifacts/1/ID/artifacts/clf',
        '400 POST /api/2.0/mlflow/runs/log-metric',
      ]);
    },
    150_000,
  );
});
