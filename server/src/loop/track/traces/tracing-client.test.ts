import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { testPython } from '../../../../test/python.ts';
import { testApp } from '../../../../test/test-app.ts';
import { inheritedEnvironment } from '../../../platform/config/inherited-environment.ts';
import { run } from '../../../platform/processes/run.ts';
import { trackStage } from '../stage.ts';

const script = fileURLToPath(new URL('./tracing-client.fixture.py', import.meta.url));

describe.each(databases)('the MLflow client on $name', (database) => {
  test('traces functions that return, fail and wait, and reads, judges, changes and deletes what it traced', async () => {
    await using app = await testApp({ database, stages: [trackStage], background: false });
    const result = await run(testPython(), [script], {
      env: { ...inheritedEnvironment(), MLFLOW_TRACKING_URI: app.baseUrl, PYTHONDONTWRITEBYTECODE: '1' },
      timeoutMs: 120_000,
    });
    expect(result.stderr.split('\n').filter((line) => /Traceback|Error|WARNING/.test(line))).toEqual([]);
    expect(JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '')).toEqual({
      read: {
        names: ['answer', 'fail', 'slowly', 'slowly', 'slowly'],
        spans: [
          ['answer', 'UNKNOWN', true, { question: 'what?' }, 42],
          ['think', 'LLM', false, { q: 'what?' }, 'ééé'],
          ['multiply', 'TOOL', false, { a: 6, b: 7 }, 42],
        ],
        attributes: ['mul', 1],
        tokens: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
        facts: ['OK', 'apple', 'c1', '{"question": "what?"}'],
        session: 's1',
        equal: true,
        failed: [
          ['fail', 'SpanStatusCode.ERROR', ['exception']],
          ['inner', 'SpanStatusCode.ERROR', ['exception']],
        ],
        frame: [2],
        'span filter': 1,
      },
      assess: {
        found: ['good', false, 'changed', { m: '1' }, 'ana'],
        all: [
          ['good', true, false],
          // The client itself forgets whether an expectation is valid.
          ['expected', { a: [1, null] }, null],
          ['good', false, true],
        ],
        search: 1,
        left: [
          ['good', true],
          ['expected', null],
        ],
      },
      change: { tag: 'v', after: false, linked: ['answer', 'fail'], deleted: [1, 2, 2], none: true },
    });
  }, 150_000);
});
