import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { testPython } from '../../../test/python.ts';
import { testApp } from '../../../test/test-app.ts';
import { inheritedEnvironment } from '../../platform/config/inherited-environment.ts';
import { run } from '../../platform/processes/run.ts';

const script = fileURLToPath(new URL('./registry-client.fixture.py', import.meta.url));

describe.each(databases)('the MLflow client and the registry on $name', (database) => {
  test('registers, decides, loads, searches, renames and deletes', { timeout: 180_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bucle-client-'));
    await using t = await testApp({ database, background: false });
    const result = await run(testPython(), [script, folder], {
      env: { ...inheritedEnvironment(), MLFLOW_TRACKING_URI: t.baseUrl, PYTHONDONTWRITEBYTECODE: '1' },
      timeoutMs: 150_000,
    });
    await rm(folder, { recursive: true, force: true });
    const errors = result.stderr.split('\n').filter((line) => /Traceback|Error|Exception/.test(line));
    expect(errors).toEqual([]);
    expect(JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '')).toEqual({
      register: {
        numbers: ['1', '2', '3', '4'],
        runs: [true, true, true],
        sources: ['models:/MODEL', 'models:/MODEL', 'models:/MODEL'],
        tags: [{ seed: '7' }, {}],
        status: 'READY',
        noted: [
          { name: 'flights', version: 1 },
          { name: 'flights', version: 2 },
        ],
      },
      alias: {
        ...{ version: '2', aliases: ['champion', 'other'], of_model: { champion: '2', other: '2' } },
        deleted: 'INVALID_PARAMETER_VALUE',
      },
      stages: {
        latest: [
          ['Archived', '1'],
          ['None', '4'],
          ['Production', '3'],
        ],
        production: ['3'],
      },
      load: { 1: true, 3: true, 4: true, latest: true, Production: true, '@champion': true },
      download: true,
      describe: ['Delays of more than 15 minutes.', { team: 'ops' }, 'The first one.', { checked: 'yes' }, []],
      search: {
        pages: [['many-4', 'many-3'], ['many-2', 'many-1'], ['many-0']],
        ...{ tag: ['many-3'], versions: ['1', '2', '3', '4'], of_run: ['1', '2'], checked: ['1'] },
      },
      prompts: { text: 'Hello Ana', models: [], found: ['greeting'] },
      copy: ['1', 'models:/flights/1', true, true],
      renamed: [true, 'RESOURCE_DOES_NOT_EXIST'],
      deleted: ['RESOURCE_DOES_NOT_EXIST', '5', 'RESOURCE_DOES_NOT_EXIST'],
    });
  });
});
