import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { inheritedEnvironment } from '../../src/platform/config/inherited-environment.ts';
import { run } from '../../src/platform/processes/run.ts';
import { type BlobKind, blobKinds, hasBlobs } from '../blob-stores.ts';
import { databases } from '../databases.ts';
import { testPython } from '../python.ts';
import { testApp } from '../test-app.ts';

const script = fileURLToPath(new URL('./wide.fixture.py', import.meta.url));
// Each database and each store is there once.
const pairs = databases.flatMap((database, i) => {
  const blobs = blobKinds[i] as BlobKind;
  return hasBlobs(blobs) ? [{ database, blobs }] : [];
});

describe.each(pairs)('the MLflow client on $database.name and $blobs.name', ({ database, blobs }) => {
  test('sees in every part of its API what its own server would show it', async () => {
    await using store = await blobs.create();
    await using app = await testApp({ database, blobs: store.config, background: false });
    const { stdout, stderr } = await run(testPython(), [script], {
      env: { ...inheritedEnvironment(), MLFLOW_TRACKING_URI: app.baseUrl, PYTHONDONTWRITEBYTECODE: '1' },
      timeoutMs: 180_000,
    });
    const seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { done: string[]; broken: object };
    expect(seen.broken, stderr.slice(-2_000)).toEqual({});
    expect(seen.done).toEqual([
      ...['nested_runs', 'resumed_run', 'names_of_runs', 'odd_names', 'params_never_change', 'pages', 'history'],
      ...['eight_writers', 'asynchronous', 'artifacts', 'datasets', 'evaluated', 'registry', 'deleted_and_restored'],
    ]);
  }, 200_000);
});
