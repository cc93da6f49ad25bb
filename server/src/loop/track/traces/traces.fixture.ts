import type { DatabaseKind } from '../../../../test/databases.ts';
import { type Answer, type Mlflow, mlflowApp } from '../mlflow-http.fixture.ts';

export interface GivenSpan {
  /** Number of the trace. */
  readonly trace: number;
  readonly id: number;
  readonly parent?: number;
  readonly name?: string;
  /** Milliseconds since the epoch. */
  readonly start?: number;
  readonly end?: number;
  /** 1 OK, 2 error. */
  readonly status?: number;
  /** In OTLP's JSON: `{ stringValue: 'x' }`. */
  readonly attributes?: Readonly<Record<string, object>>;
}

export type TraceApp = Mlflow & {
  readonly experiment: string;
  /** Reports spans as OpenTelemetry's JSON. */
  report(spans: readonly GivenSpan[], headers?: Record<string, string>): Promise<Answer>;
  /** `POST /v1/traces` with these very bytes. */
  export(body: Buffer | string, headers: Record<string, string>): Promise<Answer & { readonly bytes: number }>;
  /** Numbers of the traces that match, in their order; else the message. */
  find(filter: string, more?: object): Promise<number[] | string>;
};

export const traceId = (number: number) => `tr-${number.toString(16).padStart(32, '0')}`;

export async function traceApp(database: DatabaseKind): Promise<TraceApp> {
  const app = await mlflowApp(database);
  const { body } = await app.post('experiments/create', { name: 'traced' });
  const experiment = body.experiment_id as string;
  const send: TraceApp['export'] = async (bytes, headers) => {
    const response = await fetch(`${app.baseUrl}/v1/traces`, { method: 'POST', body: bytes as string, headers });
    const answer = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: response.status,
      bytes: answer.length,
      body: isJson ? JSON.parse(answer.toString()) : response.headers.get('content-type'),
    };
  };
  const type = { 'content-type': 'application/json', 'x-mlflow-experiment-id': experiment };
  return {
    ...app,
    experiment,
    export: send,
    report: (spans, headers = {}) => send(exportJson(spans), { ...type, ...headers }),
    async find(filter, more = {}) {
      const locations = [{ mlflow_experiment: { experiment_id: experiment } }];
      const answer = await app.post('traces/search', { locations, filter, ...more });
      if (answer.status !== 200) return answer.body.message as string;
      return ((answer.body.traces ?? []) as { trace_id: string }[]).map(({ trace_id }) =>
        Number.parseInt(trace_id.slice(3), 16),
      );
    },
  };
}

export function exportJson(spans: readonly GivenSpan[], resource: Readonly<Record<string, object>> = {}): string {
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: pairs(resource) }, scopeSpans: [{ spans: spans.map(toOtlp) }] }],
  });
}

function toOtlp({
  trace,
  id,
  parent,
  name = 'span',
  start = 1_000,
  end = start + 10,
  status = 1,
  attributes = {},
}: GivenSpan) {
  return {
    traceId: traceId(trace).slice(3),
    spanId: hex(id),
    ...(parent === undefined ? {} : { parentSpanId: hex(parent) }),
    ...{ name, startTimeUnixNano: `${start}000000`, endTimeUnixNano: `${end}000000` },
    attributes: pairs(attributes),
    status: { code: status, ...(status === 2 ? { message: 'broken' } : {}) },
  };
}

function pairs(given: Readonly<Record<string, object>>) {
  return Object.entries(given).map(([key, value]) => ({ key, value }));
}

function hex(id: number): string {
  return id.toString(16).padStart(16, '0');
}

/** The request of {@link exportJson} for one span, in protobuf. */
export function exportProtobuf(span: GivenSpan & { readonly name: string }): Buffer {
  const { trace, id, name, start = 1_000, end = start + 10, attributes = {} } = span;
  const one = Buffer.concat([
    field(1, Buffer.from(traceId(trace).slice(3), 'hex')),
    field(2, Buffer.from(hex(id), 'hex')),
    field(5, Buffer.from(name)),
    fixed64(7, BigInt(start) * 1_000_000n),
    fixed64(8, BigInt(end) * 1_000_000n),
    ...Object.entries(attributes).map(([key, value]) => field(9, pair(key, value))),
    field(15, Buffer.from([0x18, 1])),
  ]);
  return field(1, field(2, field(2, one)));
}

function pair(key: string, value: object): Buffer {
  const [[kind, content] = []] = Object.entries(value) as [string, string | number | boolean][];
  return Buffer.concat([field(1, Buffer.from(key)), field(2, anyValue(kind ?? '', content ?? ''))]);
}

function anyValue(kind: string, content: string | number | boolean): Buffer {
  if (kind === 'stringValue') return field(1, Buffer.from(String(content)));
  if (kind === 'boolValue') return Buffer.from([0x10, content ? 1 : 0]);
  if (kind === 'intValue') return Buffer.concat([Buffer.from([0x18]), varint(BigInt.asUintN(64, BigInt(content)))]);
  const bytes = Buffer.alloc(9);
  bytes[0] = 0x21;
  bytes.writeDoubleLE(Number(content), 1);
  return bytes;
}

export function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(content.length)), content]);
}

function fixed64(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}
