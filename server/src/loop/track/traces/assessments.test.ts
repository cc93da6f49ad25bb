import { describe, expect, test } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { type TraceApp, traceApp, traceId } from './traces.fixture.ts';

const text = (stringValue: string) => ({ stringValue });
const info = async (app: TraceApp, trace: number) => (await app.get(`traces/${traceId(trace)}`)).body.trace?.trace_info;

describe.each(databases)('what is said about traces on $name', (database) => {
  test('assessments are kept with their values, replaced, changed and deleted', async () => {
    await using app = await traceApp(database);
    await app.report([{ trace: 1, id: 1, attributes: { 'session.id': text('s') } }]);
    await app.report([{ trace: 2, id: 1, attributes: { 'session.id': text('s') } }]);
    const path = `traces/${traceId(1)}/assessments`;
    const source = { source_type: 'HUMAN', source_id: 'ana' };
    const add = async (assessment_name: string, more: object) =>
      (await app.post(path, { assessment: { assessment_name, source, ...more } })).body;
    const values: readonly (readonly [string, object])[] = [
      ['word', { feedback: { value: 'yes' } }],
      ['score', { feedback: { value: 0.5 } }],
      ['right', { feedback: { value: true } }],
      ['none', { feedback: { value: null, error: { error_code: 'E', error_message: 'm' } } }],
      ['list', { feedback: { value: [1, null, [], { a: [] }] } }],
      ['expected', { expectation: { value: 'x' } }],
      ['many', { expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value: '[1, 2.0]' } } }],
      ['iss-1', { issue: { issue_name: 'slow' } }],
    ];
    const ids: Record<string, string> = {};
    for (const [name, value] of values) {
      const { assessment } = await add(name, value);
      expect(assessment).toMatchObject({ assessment_name: name, trace_id: traceId(1), source, valid: true, ...value });
      ids[name] = assessment.assessment_id;
    }
    expect(
      (await info(app, 1)).assessments.map(({ assessment_name }: { assessment_name: string }) => assessment_name),
    ).toEqual(values.map(([name]) => name));
    expect((await add('x', {})).message).toContain('Unknown assessment type');
    const { assessment: newer } = await add('word', { feedback: { value: 'no' }, overrides: ids['word'] });
    const get = async (id: string) => (await app.get(`${path}/${id}`)).body;
    expect((await get(ids['word'] ?? '')).assessment.valid).toBe(false);
    expect((await add('x', { feedback: { value: 1 }, overrides: 'a-none' })).message).toBe(
      `Assessment with ID 'a-none' not found for trace '${traceId(1)}'`,
    );
    const change = (id: string, assessment: object, update_mask: string) =>
      app.send('PATCH', `${path}/${id}`, { assessment, update_mask });
    const metadata = { 'mlflow.trace.session': 's' };
    expect(
      (await change(newer.assessment_id, { metadata, rationale: 'why', assessment_name: 'z' }, 'metadata,rationale'))
        .body,
    ).toMatchObject({
      assessment: { assessment_name: 'word', feedback: { value: 'no' }, metadata, rationale: 'why' },
    });
    expect((await change(ids['score'] ?? '', { expectation: { value: 1 } }, 'expectation')).body.message).toBe(
      'Cannot update expectation value on a Feedback assessment.',
    );
    for (const [filter, expected] of [
      ["feedback.word = 'no'", [1, 2]],
      ["feedback.word = 'yes'", []],
      ["feedback.word != 'yes'", [1, 2]],
      ['feedback.score >= 0.5', [1]],
      ['feedback.score > 0.5', []],
      ["feedback.right = 'true'", [1]],
      ["expectation.expected LIKE '%x%'", [1]],
      ['feedback.score IS NULL', [2]],
      ['feedback.word IS NOT NULL', [1, 2]],
      ["issue.id = 'iss-1'", [1]],
      ["feedback.score > 'x'", "Expected a numeric value for feedback when using comparator '>'"],
    ] as const) {
      expect([filter, await app.find(filter)]).toEqual([
        filter,
        typeof expected === 'string' ? expect.stringContaining(expected) : expected,
      ]);
    }
    expect((await app.send('DELETE', `${path}/${newer.assessment_id}`)).body).toEqual({});
    expect((await app.send('DELETE', `${path}/${newer.assessment_id}`)).body).toEqual({});
    expect((await get(ids['word'] ?? '')).assessment.valid).toBe(true);
    expect((await get('a-none')).message).toContain("Assessment with ID 'a-none' not found");
    expect((await app.get('traces/tr-none/assessments/a-x')).body.message).toBe(
      "Trace with request_id 'tr-none' not found",
    );
    expect((await app.post('traces/tr-none/assessments', { assessment: { feedback: { value: 1 } } })).status).toBe(404);
  });

  test('metrics of many traces: counted, averaged, by name, by time and as percentiles', async () => {
    await using app = await traceApp(database);
    const cost = {
      'mlflow.llm.cost': text('{"input_cost": 0.5, "output_cost": 1.0, "total_cost": 1.5}'),
      'mlflow.llm.model': text('m'),
    };
    for (const [i, ms] of [100, 200, 300, 400].entries()) {
      await app.report([
        {
          trace: i + 1,
          id: 1,
          start: i * 60_000,
          end: i * 60_000 + ms,
          status: i === 3 ? 2 : 1,
          attributes: { 'mlflow.traceTag.team': text(i < 2 ? 'a' : 'b'), 'session.id': text(`s${i % 2}`) },
        },
        { trace: i + 1, id: 2, parent: 1, name: 'ask', start: i * 60_000, end: i * 60_000 + 10, attributes: cost },
      ]);
    }
    const assessment = { assessment_name: 'ok', feedback: { value: 'yes' } };
    await app.post(`traces/${traceId(1)}/assessments`, { assessment });
    const ask = async (view_type: string, metric_name: string, aggregations: object[], more: object = {}) => {
      const query = { experiment_ids: [app.experiment], view_type, metric_name, aggregations, ...more };
      const { status, body } = await app.post('traces/metrics', query);
      if (status !== 200) return body.message as string;
      return (body.data_points ?? []).map(({ dimensions = {}, values }: { dimensions?: object; values: object }) => [
        ...Object.values(dimensions),
        ...Object.values(values),
      ]);
    };
    const by = (aggregation_type: string, percentile_value?: number) => ({ aggregation_type, percentile_value });
    expect(await ask('TRACES', 'trace_count', [by('COUNT')], { dimensions: ['trace_status'] })).toEqual([
      ['ERROR', 1],
      ['OK', 3],
    ]);
    expect(await ask('TRACES', 'session_count', [by('COUNT')])).toEqual([[2]]);
    const spread = [by('AVG'), by('MIN'), by('MAX'), by('PERCENTILE', 50), by('PERCENTILE', 90), by('PERCENTILE', 100)];
    expect(await ask('TRACES', 'latency', spread)).toEqual([[250, 100, 400, 250, expect.closeTo(370, 6), 400]]);
    const minutes = { time_interval_seconds: 120, start_time_ms: 0, end_time_ms: 179_999 };
    expect(await ask('TRACES', 'trace_count', [by('COUNT')], minutes)).toEqual([
      ['1970-01-01T00:00:00+00:00', 2],
      ['1970-01-01T00:02:00+00:00', 1],
    ]);
    expect(
      await ask('TRACES', 'trace_count', [by('COUNT')], { filters: ["trace.tag.team = 'b'", "trace.status = 'OK'"] }),
    ).toEqual([[1]]);
    expect(await ask('SPANS', 'total_cost', [by('SUM')], { dimensions: ['span_model_name'] })).toEqual([['m', 6]]);
    expect(await ask('SPANS', 'latency', [by('AVG')], { filters: ["span.name = 'ask'"] })).toEqual([[10]]);
    expect(await ask('ASSESSMENTS', 'assessment_value', [by('AVG')], { dimensions: ['assessment_name'] })).toEqual([
      ['ok', 1],
    ]);
    for (const [given, message] of [
      [['TRACES', 'bogus', [by('COUNT')]], 'metric_name must be one of'],
      [
        ['TRACES', 'trace_count', [by('SUM')]],
        "Found invalid aggregation_type(s): ['SUM']. Supported aggregation types: ['COUNT']",
      ],
      [['TRACES', 'trace_count', [by('COUNT')], { dimensions: ['x'] }], "Found invalid dimension(s): ['x']."],
      [['TRACES', 'latency', [by('PERCENTILE')]], 'Percentile value is required for PERCENTILE aggregation'],
      [
        ['TRACES', 'trace_count', [by('COUNT')], { time_interval_seconds: 1 }],
        'start_time_ms and end_time_ms are required',
      ],
      [
        ['TRACES', 'trace_count', [by('COUNT')], { filters: ["trace.foo = 'x'"] }],
        "Invalid entity 'foo' specified for view type 'trace'.",
      ],
    ] as const) {
      expect(await ask(...(given as unknown as Parameters<typeof ask>))).toContain(message);
    }
  });
});
