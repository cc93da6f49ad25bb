import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { decodeExportRequest } from './otlp/decode-protobuf.ts';
import { MalformedOtlp } from './otlp/wire.ts';
import { exportJson, exportProtobuf, field, type TraceApp, traceApp, traceId } from './traces.fixture.ts';

const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/x-protobuf';
const spansOf = async (app: TraceApp, trace: number) =>
  (await app.get('traces/get', { trace_id: traceId(trace), allow_partial: 'true' })).body.trace?.spans;

const REFUSED: readonly [string, Buffer | string, Record<string, string>, number, string][] = [
  ['another type', 'x', { 'content-type': 'text/plain' }, 400, 'Invalid Content-Type: text/plain. Expected:'],
  ['no JSON', '{', {}, 400, 'Invalid OpenTelemetry format'],
  ['no object', '[]', {}, 400, 'Invalid OpenTelemetry format'],
  ['nothing in it', '{}', {}, 400, 'Invalid OpenTelemetry format - no spans found'],
  ['no bytes', '', { 'content-type': PROTOBUF }, 400, 'Invalid OpenTelemetry format - no spans found'],
  ['no protobuf', 'hello world', { 'content-type': PROTOBUF }, 400, 'Invalid OpenTelemetry format'],
  ['another packing', 'x', { 'content-encoding': 'br' }, 400, 'Unsupported Content-Encoding: br'],
  ['no such packing', 'x', { 'content-encoding': 'gzip' }, 400, 'Failed to decompress gzip payload'],
  [
    'a span without ids',
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}',
    {},
    422,
    'Cannot convert OpenTelemetry span',
  ],
  [
    'a bomb',
    gzipSync(Buffer.alloc(70 * 1024 * 1024)),
    { 'content-encoding': 'gzip' },
    413,
    'larger than 67108864 bytes',
  ],
  ['a value that is nested too deeply', nested(), { 'content-type': PROTOBUF }, 400, 'Invalid OpenTelemetry format'],
];

test('no bytes make the decoder fail in any way but one', () => {
  const real = exportProtobuf({ trace: 1, id: 1, name: 'x', attributes: { a: { stringValue: 'b' } } });
  const damaged = fc
    .tuple(fc.nat(real.length - 1), fc.nat(255))
    .map(([at, byte]) => Buffer.concat([real.subarray(0, at), Buffer.from([byte]), real.subarray(at + 1)]));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      try {
        decodeExportRequest(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedOtlp);
      }
    }),
  );
});

describe.each(databases)('spans over OpenTelemetry’s protocol on $name', (database) => {
  test('are the same in JSON and in protobuf, packed or not, and kinds of numbers stay apart', async () => {
    await using app = await traceApp(database);
    const attributes = {
      text: { stringValue: 'é' },
      whole: { intValue: '-9007199254740993' },
      double: { doubleValue: 1 },
      flag: { boolValue: true },
    };
    const span = (trace: number) => ({ trace, id: 7, name: 'root', start: 5_000, end: 5_250, attributes });
    const as = (type: string, encoding?: string) => ({
      ...{ 'content-type': `${type}; charset=utf-8`, 'x-mlflow-experiment-id': app.experiment },
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    });
    const answers = [
      await app.export(exportJson([span(1)]), as(JSON_TYPE)),
      await app.export(exportProtobuf(span(2)), as(PROTOBUF)),
      await app.export(gzipSync(exportProtobuf(span(3))), as(PROTOBUF, 'gzip')),
      await app.export(deflateSync(exportJson([span(4)])), as(JSON_TYPE, 'deflate')),
      await app.export(deflateRawSync(exportProtobuf(span(5))), as(PROTOBUF, 'deflate')),
    ];
    expect(answers).toEqual(answers.map(() => ({ status: 200, bytes: 0, body: PROTOBUF })));
    for (const trace of [1, 2, 3, 4, 5]) {
      const response = await fetch(`${app.baseUrl}/api/3.0/mlflow/traces/get?trace_id=${traceId(trace)}`);
      const text = await response.text();
      expect(text).toContain('"double_value":1.0');
      expect(text).toContain('"int_value":-9007199254740993');
      expect(text).toContain('"start_time_unix_nano":5000000000,"end_time_unix_nano":5250000000');
      expect(JSON.parse(text).trace).toMatchObject({
        trace_info: { state: 'OK', request_time: '1970-01-01T00:00:05Z', execution_duration: '0.250s' },
        spans: [
          {
            ...{ name: 'root', span_id: 'AAAAAAAAAAc=', status: { code: 'STATUS_CODE_OK' } },
            attributes: [
              { key: 'text', value: { string_value: 'é' } },
              { key: 'whole' },
              { key: 'double' },
              { key: 'flag', value: { bool_value: true } },
              { key: 'mlflow.traceRequestId', value: { string_value: traceId(trace) } },
            ],
          },
        ],
      });
    }
  });

  test('what cannot be read is refused in the words that clients know, and nothing of it is kept', async () => {
    await using app = await traceApp(database);
    for (const [what, body, headers, status, detail] of REFUSED) {
      const usual = { 'content-type': JSON_TYPE, 'x-mlflow-experiment-id': app.experiment };
      const answer = await app.export(body, { ...usual, ...headers });
      expect([what, answer.status, answer.body.detail]).toEqual([what, status, expect.stringContaining(detail)]);
    }
    expect(await app.find('')).toEqual([]);
  });

  test('an experiment must be named and be there; a run stands for its experiment and is linked', async () => {
    await using app = await traceApp(database);
    const body = exportJson([{ trace: 1, id: 1 }]);
    const post = (headers: Record<string, string>) => app.export(body, { 'content-type': JSON_TYPE, ...headers });
    expect(await post({})).toMatchObject({
      status: 422,
      body: { detail: [{ type: 'missing', loc: ['header', 'x-mlflow-experiment-id'] }] },
    });
    expect((await post({ 'x-mlflow-experiment-id': '77777' })).body).toMatchObject({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: 'No Experiment with id=77777 exists',
    });
    expect((await post({ 'x-mlflow-experiment-id': 'abc' })).status).toBe(400);
    // What is wrong with the spans is said before.
    const broken = '{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}';
    const named = { 'content-type': JSON_TYPE, 'x-mlflow-experiment-id': 'abc' };
    expect((await app.export(broken, named)).status).toBe(422);
    const run = await app.newRun({ experiment_id: app.experiment });
    expect((await post({ 'x-mlflow-run-id': run })).status).toBe(200);
    expect(await app.find(`run_id = '${run}'`)).toEqual([1]);
  });

  test('what is known of a trace follows from all of its spans, in whatever order they come', async () => {
    await using app = await traceApp(database);
    const usage = (input: number, output: number) => ({
      'mlflow.chat.tokenUsage': {
        stringValue: `{"input_tokens": ${input}, "output_tokens": ${output}, "total_tokens": ${input + output}}`,
      },
    });
    const info = async () => (await app.get(`traces/${traceId(1)}`)).body.trace.trace_info;
    await app.report([{ trace: 1, id: 3, parent: 2, start: 2_000, end: 3_000, attributes: usage(10, 5) }]);
    expect(await info()).toMatchObject({
      state: 'IN_PROGRESS',
      request_time: '1970-01-01T00:00:02Z',
      execution_duration: '1s',
    });
    // The parent tells the sum of its children; a sibling has numbers of its own.
    await app.report([{ trace: 1, id: 2, parent: 1, start: 1_900, end: 3_100, attributes: usage(12, 6) }]);
    await app.report([{ trace: 1, id: 4, parent: 1, start: 3_100, end: 3_200, attributes: usage(1, 1) }]);
    const messages = { messages: [{ role: 'user', content: 'why?' }] };
    await app.report([
      {
        ...{ trace: 1, id: 1, name: 'root', start: 1_500, end: 3_500, status: 2 },
        attributes: {
          'mlflow.spanInputs': { stringValue: JSON.stringify(messages) },
          'mlflow.spanOutputs': { stringValue: 'x'.repeat(2_000) },
          'session.id': { stringValue: 's1' },
          'user.id': { stringValue: 'ana' },
          'mlflow.traceTag.team': { stringValue: 'red' },
          'mlflow.traceTag.mlflow.trace.spansLocation': { stringValue: 'elsewhere' },
        },
      },
    ]);
    const found = await info();
    expect(found).toMatchObject({
      ...{
        state: 'ERROR',
        request_time: '1970-01-01T00:00:01.500Z',
        execution_duration: '2s',
        request_preview: 'why?',
      },
      trace_metadata: {
        'mlflow.trace.tokenUsage': '{"input_tokens": 13, "output_tokens": 7, "total_tokens": 20}',
        'mlflow.trace.session': 's1',
        'mlflow.trace.user': 'ana',
      },
      tags: {
        team: 'red',
        'mlflow.trace.spansLocation': 'TRACKING_STORE',
        'mlflow.artifactLocation': `mlflow-artifacts:/${app.experiment}/traces/${traceId(1)}/artifacts`,
      },
    });
    expect([found.response_preview.length, found.response_preview.slice(-3)]).toEqual([1_000, '...']);
    expect((await spansOf(app, 1)).map(({ name }: { name: string }) => name)).toEqual(['root', 'span', 'span', 'span']);
    // The same report again changes nothing.
    await app.report([{ trace: 1, id: 4, parent: 1, start: 3_100, end: 3_200, attributes: usage(1, 1) }]);
    expect(await info()).toEqual(found);
  });
});

/** An attribute whose value is a list in a list, and so on. */
function nested(): Buffer {
  let value = field(1, Buffer.from('x'));
  for (let i = 0; i < 150; i += 1) value = field(5, field(1, value));
  const span = Buffer.concat([
    field(1, Buffer.alloc(16, 1)),
    field(2, Buffer.alloc(8, 1)),
    field(9, Buffer.concat([field(1, Buffer.from('a')), field(2, value)])),
  ]);
  return field(1, field(2, field(2, span)));
}
