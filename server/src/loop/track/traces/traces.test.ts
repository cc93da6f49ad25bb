import { describe, expect, test } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { startJob } from '../mlflow-http.fixture.ts';
import { exportJson, type TraceApp, traceApp, traceId } from './traces.fixture.ts';

const text = (stringValue: string) => ({ stringValue });
const info = async (app: TraceApp, trace: number) => (await app.get(`traces/${traceId(trace)}`)).body.trace?.trace_info;

/** What a client says at the end of a trace. */
const finalTrace = (app: TraceApp, trace: number, more: object = {}) => ({
  trace: {
    trace_info: {
      trace_id: traceId(trace),
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: app.experiment } },
      ...{ request_time: '2026-01-01T00:00:00.120Z', execution_duration: '1.500s', state: 'OK' },
      ...more,
    },
  },
});

describe.each(databases)('traces on $name', (database) => {
  test('what the client says at the end counts, whether its spans came before or come after', async () => {
    await using app = await traceApp(database);
    const said = {
      ...{ request_preview: 'q', response_preview: 'a', client_request_id: 'c' },
      tags: { 'mlflow.traceName': 'chat', a: 'b' },
      trace_metadata: {
        'mlflow.trace.tokenUsage': '{"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}',
        'mlflow.trace.sizeStats': '{"num_spans": 2}',
      },
    };
    const spans = [
      { trace: 1, id: 1, start: 900, end: 999, attributes: { 'mlflow.spanInputs': text('other') } },
      { trace: 1, id: 2, parent: 1, attributes: { 'mlflow.chat.tokenUsage': text('{"input_tokens": 9}') } },
    ];
    expect((await app.post('traces', finalTrace(app, 1, said))).status).toBe(200);
    await app.report(spans);
    await app.report(spans.map((span) => ({ ...span, trace: 2 })));
    await app.post('traces', finalTrace(app, 2, said));
    for (const trace of [1, 2]) {
      expect(await info(app, trace)).toMatchObject({
        ...{ request_preview: 'q', response_preview: 'a', client_request_id: 'c', state: 'OK' },
        ...{ request_time: '2026-01-01T00:00:00.120Z', execution_duration: '1.500s' },
        tags: { 'mlflow.traceName': 'chat', a: 'b', 'mlflow.trace.spansLocation': 'TRACKING_STORE' },
        trace_metadata: {
          'mlflow.trace.tokenUsage': '{"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}',
          'mlflow.trace.infoFinalized': 'true',
        },
      });
    }
    expect(
      (await app.get('traces/batchGet', { trace_ids: [traceId(2), traceId(9), traceId(1)] })).body.traces,
    ).toMatchObject([2, 1].map((trace) => ({ trace_info: { trace_id: traceId(trace) }, spans: [{}, {}] })));
    expect((await app.post('traces', {})).body.message).toContain("Missing value for required parameter 'trace'");
    expect((await app.post('traces', finalTrace(app, 3, { trace_location: {} }))).status).toBe(400);
    await app.post('experiments/delete', { experiment_id: app.experiment });
    expect((await app.post('traces', finalTrace(app, 3))).body.message).toContain("must be in the 'active' state");
  });

  test('a trace is answered whole only when all spans that the client counted are there', async () => {
    await using app = await traceApp(database);
    await app.report([{ trace: 1, id: 1 }]);
    const stats = { trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 2}' } };
    await app.post('traces', finalTrace(app, 1, stats));
    const get = (more = {}) => app.get('traces/get', { trace_id: traceId(1), ...more });
    expect((await get({ allow_partial: 'true' })).body.trace.spans).toHaveLength(1);
    const waiting = get();
    await app.report([{ trace: 1, id: 2, parent: 1 }]);
    expect((await waiting).body.trace.spans).toHaveLength(2);
    expect((await app.get('traces/get', { trace_id: 'tr-none' })).body.message).toBe(
      'Trace with ID tr-none is not found.',
    );
    await app.post('traces', finalTrace(app, 2));
    expect(await app.get('traces/get', { trace_id: traceId(2) })).toMatchObject({
      status: 400,
      body: { message: 'Trace data not stored in tracking store' },
    });
  });

  test('a search finds by what the trace, its tags and metadata and its spans say', async () => {
    await using app = await traceApp(database);
    const run = await app.newRun({ experiment_id: app.experiment });
    await app.report([
      { trace: 1, id: 1, start: 1_000, end: 1_100, attributes: { 'mlflow.traceTag.team': text('Red É') } },
      {
        trace: 1,
        id: 2,
        parent: 1,
        name: 'ask',
        attributes: { 'mlflow.spanType': text('LLM'), model: text('gpt-4'), n: { intValue: '7' } },
      },
    ]);
    await app.report([
      {
        trace: 2,
        id: 1,
        start: 2_000,
        end: 2_500,
        status: 2,
        attributes: { 'session.id': text('s'), 'user.id': text('ana') },
      },
      { trace: 2, id: 2, parent: 1, name: 'ask', start: 2_000, attributes: { model: text('claude "3"') } },
    ]);
    await app.report([{ trace: 3, id: 2, parent: 1, name: 'lost', start: 3_000, end: 3_001 }], {
      'x-mlflow-run-id': run,
    });
    await app.post(
      'traces',
      finalTrace(app, 4, { trace_metadata: { 'mlflow.sourceRun': run }, tags: { 'mlflow.traceName': 'four' } }),
    );
    await app.post('traces/link-to-run', { trace_ids: [traceId(2), 'tr-none'], run_id: run });
    await app.post('traces/link-prompts', { trace_id: traceId(1), prompt_versions: [{ name: 'p', version: '2' }] });
    const cases: readonly (readonly [string, number[] | string])[] = [
      ['', [4, 3, 2, 1]],
      ["status = 'OK'", [4, 1]],
      ["trace.status IN ('ERROR', 'IN_PROGRESS')", [3, 2]],
      ["name = 'four'", [4]],
      ["tags.`mlflow.traceName` RLIKE '^f.*r$'", [4]],
      ["tags.team = 'Red É'", [1]],
      ["tag.team ILIKE 'red é'", [1]],
      ["tags.team LIKE 'red%'", []],
      ["tags.team RLIKE 'R[a-e]d'", [1]],
      ['tags.team IS NULL', [4, 3, 2]],
      ['tags.team IS NOT NULL', [1]],
      ['timestamp_ms >= 2000 AND timestamp < 4000', [3, 2]],
      ['execution_time_ms > 100', [4, 2]],
      ['end_time <= 2500', [2, 1]],
      [`request_id = '${traceId(3)}'`, [3]],
      [`run_id = '${run}'`, [4, 2]],
      [`metadata.mlflow.sourceRun != '${run}'`, []],
      ["metadata.`mlflow.trace.session` = 's'", [2]],
      ["request_metadata.mlflow.trace.user LIKE 'a%'", [2]],
      ['metadata.`mlflow.trace.tokenUsage` IS NULL', [4, 3, 2, 1]],
      ["prompt = 'p/2'", [1]],
      ["span.name = 'ask'", [2, 1]],
      ["span.name = 'ask' AND span.type = 'LLM'", [1]],
      ["span.name = 'ask' AND span.status = 'ERROR'", []],
      ["span.name RLIKE '^(ask|lost)$'", [3, 2, 1]],
      ["span.name NOT IN ('ask', 'span')", [3]],
      ["trace.text LIKE '%gpt%'", [1]],
      ["span.content ILIKE '%CLAUDE%'", [2]],
      ["span.attributes.model LIKE '%gpt%'", [1]],
      ["span.attributes.model = 'gpt-4'", [1]],
      ["span.attributes.n = '7'", [1]],
      ['span.attributes.model = \'claude "3"\'', [2]],
      ["span.attributes.model != 'gpt-4'", [2]],
      ["span.attributes.model IN ('gpt-4', 'x')", [1]],
      ["span.attributes.model RLIKE '^gpt-[0-9]$'", [1]],
      ["span.attributes.model RLIKE 'a|4'", [2, 1]],
      ["span.attributes.odel RLIKE 'gpt'", []],
      ["span.content = 'x'", "span.content comparator '=' not one of"],
      [
        "span.bogus = 'x'",
        "Invalid span attribute 'bogus'. Supported attributes: name, status, type, attributes.<attribute_name>.",
      ],
      ["bogus = 'x'", "Invalid attribute key 'bogus' specified. Valid keys are"],
      ["foo.bar = 'x'", "Invalid entity type 'foo'. Valid values are"],
      ['status = 1', 'attributes support comparison with numeric values.'],
      ["tags.x IN ('a')", "Invalid comparator 'IN' not one of"],
      ["prompt LIKE 'p/2'", "Invalid comparator 'LIKE' for prompts filter."],
      ["prompt = 'p'", "Invalid prompts filter value 'p'."],
      ["issue.x = 'y'", "Invalid issue attribute 'x'. Supported attributes: id"],
      ["tags.team RLIKE '('", "The regular expression '(' cannot be used"],
      ["tags.team RLIKE '(?=a)'", 'cannot be used'],
    ];
    const found = await Promise.all(cases.map(async ([filter]) => [filter, await app.find(filter)] as const));
    expect(found).toEqual(
      cases.map(([filter, expected]) => [
        filter,
        typeof expected === 'string' ? expect.stringContaining(expected) : expected,
      ]),
    );
    const order = (...order_by: string[]) => app.find('', { order_by });
    expect(await order('timestamp ASC')).toEqual([1, 2, 3, 4]);
    expect(await order('execution_time DESC')).toEqual([4, 2, 1, 3]);
    expect(await order('name')).toEqual([4, 3, 2, 1]);
    expect(await order('tags.team DESC', 'status')).toEqual([1, 2, 3, 4]);
    expect(await order('metadata.`mlflow.trace.user`', 'request_id DESC')).toEqual([2, 4, 3, 1]);
    expect(await order('timestamp', 'timestamp DESC')).toContain('uplicate');
    expect(await order('span.name')).toContain("Invalid identifier type 'span'");
  });

  test('a pattern that would keep other engines busy for ever is answered at once', async () => {
    await using app = await traceApp(database);
    await app.report([{ trace: 1, id: 1, name: `${'a'.repeat(3_000)}b` }]);
    const began = performance.now();
    expect(await app.find("span.name RLIKE '^(a+)+$'")).toEqual([]);
    expect(await app.find("span.name RLIKE '^(a|a)*b$'")).toEqual([1]);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await app.find("span.name RLIKE '((a{1,100}){1,100}){1,100}'")).toContain('cannot be used');
  });

  test('pages of a search end, name every trace once and stay in order while others are logged', async () => {
    await using app = await traceApp(database);
    const spans = Array.from({ length: 1_000 }, (_, i) => ({
      trace: i + 1,
      id: 1,
      start: 10_000 + Math.floor(i / 10),
    }));
    await app.report(spans);
    const seen: string[] = [];
    let page_token: string | undefined = '';
    for (let pages = 0; page_token !== undefined; pages += 1) {
      expect(pages).toBeLessThan(11);
      const locations = [{ mlflow_experiment: { experiment_id: app.experiment } }];
      const { body } = await app.post('traces/search', { locations, max_results: 100, page_token });
      seen.push(...body.traces.map(({ trace_id }: { trace_id: string }) => trace_id));
      page_token = body.next_page_token;
      await app.report([{ trace: 5_000 + pages, id: 1, start: 90_000 }]);
    }
    expect(seen).toHaveLength(1_000);
    expect(new Set(seen).size).toBe(1_000);
    expect(seen.slice(0, 2)).toEqual([traceId(991), traceId(992)]);
    expect(await app.find('', { max_results: 501 })).toContain("Invalid value 501 for parameter 'max_results'");
    expect(await app.find('', { max_results: 0 })).toContain('positive integer');
    expect(await app.find('', { page_token: 'abc' })).toContain('Invalid page token');
  });

  test('tags change, but for what the server itself says', async () => {
    await using app = await traceApp(database);
    await app.report([{ trace: 1, id: 1 }]);
    const path = `traces/${traceId(1)}/tags`;
    const set = async (key: string, value: string) => (await app.send('PATCH', path, { key, value })).body;
    const remove = async (key: string) => (await app.send('DELETE', path, { key })).body;
    expect(await set('k', 'v'.repeat(9_000))).toEqual({});
    expect(await set('mlflow.traceName', 'named')).toEqual({});
    expect((await info(app, 1)).tags).toMatchObject({ k: 'v'.repeat(4_096), 'mlflow.traceName': 'named' });
    expect(await remove('k')).toEqual({});
    expect(await remove('mlflow.traceName')).toEqual({});
    expect((await remove('k')).message).toBe(`No trace tag with key 'k' for trace with ID '${traceId(1)}'`);
    expect((await remove('mlflow.traceName')).error_code).toBe('RESOURCE_DOES_NOT_EXIST');
    expect((await set('mlflow.trace.spansLocation', 'x')).message).toBe(
      "Tag 'mlflow.trace.spansLocation' is immutable and cannot be set on a trace.",
    );
    expect((await remove('mlflow.trace.spansLocation')).message).toContain('cannot be deleted');
    expect((await set('a$b', 'x')).message).toContain('Names may only contain');
    expect((await app.send('PATCH', 'traces/tr-none/tags', { key: 'k', value: 'v' })).status).toBe(404);
  });

  test('are deleted for good with all that belongs to them: by time, the oldest first, or by id', async () => {
    await using app = await traceApp(database);
    await app.report(Array.from({ length: 1_200 }, (_, i) => ({ trace: i + 1, id: 1, start: 1_000 + i })));
    const remove = async (selection: object) =>
      (await app.post('traces/delete-traces', { experiment_id: app.experiment, ...selection })).body;
    expect(await remove({ request_ids: [traceId(1_200), 'tr-none'] })).toEqual({ traces_deleted: 1 });
    expect(await remove({ max_timestamp_millis: 9_000, max_traces: 2 })).toEqual({ traces_deleted: 2 });
    expect(await app.find('', { order_by: ['timestamp ASC'], max_results: 1 })).toEqual([3]);
    expect(await remove({ max_timestamp_millis: 2_100 })).toEqual({ traces_deleted: 1_099 });
    expect(await remove({ experiment_id: '0', max_timestamp_millis: 9_000 })).toEqual({ traces_deleted: 0 });
    for (const [selection, message] of [
      [{}, 'Either `max_timestamp_millis` or `trace_ids` must be specified.'],
      [{ max_timestamp_millis: 1, request_ids: ['x'] }, 'Only one of `max_timestamp_millis` and `trace_ids`'],
      [{ max_traces: 1, request_ids: ['x'] }, "`max_traces` can't be specified if `trace_ids` is specified."],
      [{ max_timestamp_millis: 1, max_traces: 0 }, '`max_traces` must be a positive integer, received 0.'],
    ] as const) {
      expect((await remove(selection)).message).toContain(message);
    }
    const left = await app.find('', { max_results: 500 });
    expect(left).toHaveLength(98);
    for (const table of ['trace_spans', 'trace_tags'] as const) {
      const rows = await app.context.db.read.selectFrom(table).select('trace').distinct().execute();
      expect(rows).toHaveLength(98);
    }
  });

  test('the token of a job logs traces where its runs are, of its own runs, and changes no others', async () => {
    await using app = await traceApp(database);
    const [own, other] = ['a'.repeat(32), 'b'.repeat(32)] as const;
    const token = await startJob(app, 'j1', own);
    await startJob(app, 'j2', other);
    const experiment = (await app.get('runs/get', { run_id: own })).body.run.info.experiment_id as string;
    const headers = { authorization: `Bearer ${token}` };
    const report = async (trace: number, into: string, more = {}) =>
      (await app.report([{ trace, id: 1 }], { 'x-mlflow-experiment-id': into, ...headers, ...more })).status;
    expect([await report(1, experiment), await report(2, app.experiment)]).toEqual([200, 403]);
    expect(await report(3, experiment, { 'x-mlflow-run-id': other })).toBe(403);
    await app.report([{ trace: 4, id: 1 }], { 'x-mlflow-experiment-id': experiment });
    expect(await report(4, experiment)).toBe(403);
    const location = { trace_location: { mlflow_experiment: { experiment_id: experiment } } };
    const end = async (trace: number, run: string) => {
      const more = { ...location, trace_metadata: { 'mlflow.sourceRun': run } };
      return (await app.post('traces', finalTrace(app, trace, more), token)).status;
    };
    expect([await end(1, own), await end(1, other), await end(4, own), await end(5, own)]).toEqual([
      200, 403, 403, 200,
    ]);
    const change = async (trace: number) => {
      const tag = { key: 'k', value: 'v' };
      const assessment = { assessment_name: 'q', feedback: { value: 1 } };
      return [
        (await app.send('PATCH', `traces/${traceId(trace)}/tags`, tag, token)).status,
        (await app.post(`traces/${traceId(trace)}/assessments`, { assessment }, token)).status,
        (await app.post('traces/link-to-run', { trace_ids: [traceId(trace)], run_id: own }, token)).status,
      ];
    };
    expect([await change(1), await change(4)]).toEqual([
      [200, 200, 200],
      [403, 403, 403],
    ]);
    expect((await app.post('traces/link-to-run', { trace_ids: [traceId(1)], run_id: other }, token)).status).toBe(403);
    const attach = async (trace: number) => {
      const url = `${app.baseUrl}/api/2.0/mlflow-artifacts/artifacts/${experiment}/traces/${traceId(trace)}/artifacts/a`;
      return (await fetch(url, { method: 'PUT', body: 'x', headers })).status;
    };
    expect([await attach(1), await attach(4)]).toEqual([200, 403]);
    const all = { experiment_id: experiment, max_timestamp_millis: 9_000_000_000_000 };
    expect((await app.post('traces/delete-traces', all, token)).status).toBe(403);
  });

  test('a run shows its traces page by page, and the spans of a trace are a file', async () => {
    await using app = await traceApp(database);
    const run = await app.newRun({ experiment_id: app.experiment });
    await app.report([
      { trace: 9, id: 1 },
      { trace: 9, id: 2, parent: 1 },
    ]);
    for (const trace of [1, 2, 3]) {
      const request_time = `2026-01-0${trace}T00:00:00Z`;
      await app.post('traces', finalTrace(app, trace, { request_time, trace_metadata: { 'mlflow.sourceRun': run } }));
    }
    await app.post('traces/link-to-run', { trace_ids: [traceId(9)], run_id: run });
    const page = async (query: string) =>
      (await (await fetch(`${app.baseUrl}/api/v1/runs/${run}/traces?${query}`)).json()) as { next: string };
    const first = await page('limit=3');
    expect(first).toMatchObject({
      traces: [3, 2, 1].map((trace) => ({ id: traceId(trace), state: 'OK', duration_ms: 1_500, spans: 0 })),
      next: `${Date.parse('2026-01-01')}:${traceId(1)}`,
    });
    expect(await page(`limit=3&after=${first.next}`)).toMatchObject({
      traces: [{ id: traceId(9), spans: 2 }],
      next: null,
    });
    expect((await fetch(`${app.baseUrl}/api/v1/runs/none/traces`)).status).toBe(404);
    const file = await fetch(`${app.baseUrl}/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${traceId(9)}`);
    expect(file.headers.get('content-disposition')).toContain('attachment');
    expect(await file.json()).toMatchObject({ spans: [{ parent_span_id: null }, { parent_span_id: 'AAAAAAAAAAE=' }] });
    const attachment = `${app.baseUrl}/api/2.0/mlflow-artifacts/artifacts/${app.experiment}/traces/${traceId(9)}/artifacts/attachments/x.bin`;
    await fetch(attachment, { method: 'PUT', body: 'bytes' });
    const url = `${app.baseUrl}/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${traceId(9)}&path=`;
    expect(await (await fetch(`${url}x.bin`)).text()).toBe('bytes');
    expect((await fetch(`${url}../traces.json`)).status).toBe(400);
    expect((await fetch(`${url}`.replace(traceId(9), 'tr-none'))).status).toBe(404);
  });

  test('two reports of one trace at once, its end and its deletion leave nothing half', async () => {
    await using app = await traceApp(database);
    for (let round = 1; round <= 10; round += 1) {
      const answers = await Promise.all([
        ...Array.from({ length: 6 }, (_, i) =>
          app.report([
            { trace: round, id: i + 1, ...(i === 0 ? {} : { parent: 1 }), start: 1_000 - i, end: 2_000 + i },
          ]),
        ),
        app.post('traces', finalTrace(app, round)),
        app.post('traces/delete-traces', { experiment_id: app.experiment, request_ids: [traceId(round)] }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
    const { read } = app.context.db;
    const known = new Set((await read.selectFrom('traces').select('id').execute()).map(({ id }) => id));
    for (const table of ['trace_spans', 'trace_tags', 'trace_metadata'] as const) {
      const rows = await read.selectFrom(table).select('trace').distinct().execute();
      expect(rows.filter(({ trace }) => !known.has(trace))).toEqual([]);
    }
  });
});

test('what a program says of itself becomes tags, except what its SDK says', async () => {
  const [database] = databases;
  if (!database) throw new Error('No database to test on.');
  await using app = await traceApp(database);
  const body = exportJson([{ trace: 1, id: 1 }], {
    'service.name': text('shop'),
    'telemetry.sdk.name': text('x'),
    'mlflow.x': text('y'),
  });
  await app.export(body, { 'content-type': 'application/json', 'x-mlflow-experiment-id': app.experiment });
  expect(Object.keys((await info(app, 1)).tags).sort()).toEqual([
    'mlflow.artifactLocation',
    'mlflow.trace.spansLocation',
    'service.name',
  ]);
});
