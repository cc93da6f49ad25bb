import { expect, test } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { testApp } from '../../../test/test-app.ts';
import { drawTree } from './show.ts';

test('spans are drawn as a tree in the order of their beginnings; one whose parent is not there is a root', () => {
  const span = (span_id: string, parent_span_id?: string) => ({
    ...{ span_id, name: span_id, start_time_unix_nano: 1e9, end_time_unix_nano: 1e9 + 2_500_000 },
    ...(parent_span_id === undefined ? {} : { parent_span_id }),
  });
  expect(drawTree([span('a'), span('b', 'a'), span('c', 'b'), span('d', 'a'), span('e', 'gone')])).toEqual([
    'a  2.5 ms',
    '├─ b  2.5 ms',
    '│  └─ c  2.5 ms',
    '└─ d  2.5 ms',
    'e  2.5 ms',
  ]);
});

test('traces ls lists them by run and filter, and traces show draws one', async () => {
  await using app = await testApp({ background: false });
  const bucle = (...words: string[]) => cli([...words, '--url', app.baseUrl]);
  const post = (path: string, json: object) =>
    app.client.request<{ run: { info: { run_id: string } } }>('POST', `/api/2.0/mlflow/${path}`, { json });
  expect((await bucle('traces', 'ls')).stderr).toContain('@mlflow.trace');
  const span = (id: number, name: string, status: object, parent?: number) => ({
    ...{ traceId: 'ab'.repeat(16), spanId: `${id}`.padStart(16, '0'), name, status },
    ...(parent === undefined ? {} : { parentSpanId: `${parent}`.padStart(16, '0') }),
    ...{ startTimeUnixNano: `176722440000000000${id}`, endTimeUnixNano: `17672244012500000${id}0` },
    attributes: [{ key: 'mlflow.spanInputs', value: { stringValue: 'why?' } }],
  });
  const spans = [span(1, 'ask', { code: 2, message: 'broken' }), span(2, 'think', { code: 1 }, 1)];
  await fetch(`${app.baseUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mlflow-experiment-id': '0' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  const id = `tr-${'ab'.repeat(16)}`;
  const { run_id } = (await post('runs/create', { experiment_id: '0' })).run.info;
  await post('traces/link-to-run', { trace_ids: [id], run_id });
  const listed = await bucle('traces', 'ls', '--run', run_id, '--filter', "status = 'ERROR'");
  expect(listed.stdout.split('\n').map((line) => line.split('\t'))).toEqual([
    ['trace', 'name', 'state', 'started', 'took', 'run', 'request'],
    [id, '–', 'ERROR', '2025-12-31 23:40', '1.25 s', '–', '"why?"'],
    [''],
  ]);
  expect(JSON.parse((await bucle('traces', 'ls', '--experiment', 'Default', '--json')).stdout)).toMatchObject([
    { trace_id: id },
  ]);
  expect((await bucle('traces', 'ls', '--filter', 'bogus')).stderr).toContain('--filter as in');
  const shown = (await bucle('traces', 'show', id)).stdout.split('\n');
  expect(shown).toEqual([
    `trace:${id}`,
    'ERROR, started 2025-12-31 23:40, 1.25 s',
    'request   "why?"',
    '',
    'ask  1.25 s  ERROR broken',
    '└─ think  1.25 s',
    '',
  ]);
  expect(JSON.parse((await bucle('traces', 'show', id, '--json')).stdout).spans).toHaveLength(2);
  expect(await bucle('traces', 'show', 'tr-none')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('no trace tr-none'),
  });
});
