import type { OtlpSpan } from './otlp/otlp-span.ts';
import { translateAttributes } from './translate-attributes.ts';
import { dumpValue, isList, isMap, parseValue, toBase64, unquote, type Value, type ValueMap } from './value.ts';

export type SpanStatus = 'UNSET' | 'OK' | 'ERROR';

/** One step of a trace, as it is kept. */
export interface Span {
  /** `tr-` and 32 hex digits. */
  readonly trace: string;
  /** 16 hex digits. */
  readonly id: string;
  /** Null: the root. */
  readonly parent: string | null;
  readonly name: string;
  /** `LLM`, `TOOL`, `UNKNOWN`, or whatever the program says. */
  readonly type: string;
  readonly status: SpanStatus;
  /** Microseconds since the epoch. */
  readonly startUs: number;
  /** Null: it has not ended. */
  readonly endUs: number | null;
  /** The whole span as MLflow writes it, in JSON; filters search this text. */
  readonly content: string;
  /** Each value is JSON. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** A span that cannot be kept. */
export class UnusableSpan extends Error {
  override readonly name = 'UnusableSpan';
}

/** The longest `content`, in characters. */
export const MAX_CONTENT = 16 * 1024 * 1024;
const MAX_NAME = 4_000;
const STATUS: readonly SpanStatus[] = ['UNSET', 'OK', 'ERROR'];

/** @throws UnusableSpan */
export function toSpan(given: OtlpSpan): Span {
  const traceId = padded(given.traceId, 16, 'trace_id');
  const spanId = padded(given.spanId, 8, 'span_id');
  const parentId = given.parentSpanId.some((byte) => byte !== 0) ? padded(given.parentSpanId, 8, 'parent id') : null;
  const trace = `tr-${toHex(traceId)}`;
  const status = STATUS[given.statusCode] ?? 'UNSET';
  const own = new Map([...given.attributes].map(([key, value]) => [key, attributeText(value)]));
  const type = textOf(own.get('mlflow.spanType')) ?? 'UNKNOWN';
  const attributes = translateAttributes(own.set('mlflow.traceRequestId', JSON.stringify(trace)));
  const content = dumpValue(
    new Map<string, Value>([
      ['trace_id', toBase64(traceId)],
      ['span_id', toBase64(spanId)],
      ['parent_span_id', parentId === null ? null : toBase64(parentId)],
      ['name', given.name],
      ['start_time_unix_nano', given.startNs],
      ['end_time_unix_nano', given.endNs],
      ['events', given.events.map(toEventMap)],
      [
        'status',
        new Map([
          ['code', `STATUS_CODE_${status}`],
          ['message', given.statusMessage],
        ]),
      ],
      ['attributes', attributes],
      ['links', given.links.map(toLinkMap)],
    ]),
  );
  if (content.length > MAX_CONTENT) throw new UnusableSpan('It has too much data.');
  return {
    ...{ trace, id: toHex(spanId), parent: parentId && toHex(parentId), type: keepable(type).slice(0, MAX_NAME) },
    ...{ name: keepable(given.name).slice(0, MAX_NAME), status, content, attributes },
    startUs: microseconds(given.startNs),
    endUs: given.endNs === 0n ? null : microseconds(given.endNs),
  };
}

/** JSON of a value. Clients write objects as JSON in a text, since attributes could not hold them: that text it is then. */
function attributeText(value: Value): string {
  if (typeof value === 'string' && /^\s*["[{]/.test(value)) {
    const inner = parseValue(value);
    if (inner !== undefined && (typeof inner === 'string' || isMap(inner) || isList(inner))) return value;
  }
  return dumpValue(value);
}

/** PostgreSQL keeps no NUL. */
export function keepable(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}

/** What a span's `content` says in OpenTelemetry's JSON, as MLflow answers it. */
export function toSpanJson(content: string) {
  const span = parseValue(content);
  if (!isMap(span)) throw new Error('The content of a span that was kept is not JSON.');
  const status = mapIn(span, 'status');
  return {
    trace_id: span.get('trace_id'),
    span_id: span.get('span_id'),
    parent_span_id: span.get('parent_span_id'),
    name: span.get('name') || undefined,
    start_time_unix_nano: nonZero(span.get('start_time_unix_nano')),
    end_time_unix_nano: nonZero(span.get('end_time_unix_nano')),
    attributes: [...mapIn(span, 'attributes')].map(([key, text]) => ({ key, value: attributeJson(text) })),
    events: mapsIn(span, 'events').map((event) => ({
      time_unix_nano: nonZero(event.get('time_unix_nano')),
      name: event.get('name') || undefined,
      attributes: pairsJson(mapIn(event, 'attributes')),
    })),
    links: mapsIn(span, 'links').map((link) => ({
      trace_id: hexToBase64(String(link.get('trace_id')).replace(/^tr-/, '')),
      span_id: hexToBase64(String(link.get('span_id'))),
      attributes: pairsJson(mapIn(link, 'attributes')),
    })),
    status: {
      message: status.get('message') || undefined,
      code: status.get('code') === 'STATUS_CODE_UNSET' ? undefined : status.get('code'),
    },
  };
}

function attributeJson(text: Value): object {
  return valueJson(typeof text === 'string' ? (parseValue(text) ?? text) : text);
}

function valueJson(value: Value): object {
  if (value === null) return {};
  if (typeof value === 'boolean') return { bool_value: value };
  if (typeof value === 'string') return { string_value: value };
  if (typeof value === 'bigint') return integerJson(value);
  if (typeof value === 'number') return { double_value: doubleJson(value) };
  if (value instanceof Uint8Array) return { string_value: toBase64(value) };
  if (isMap(value)) return { kvlist_value: { values: pairsJson(value) } };
  return { array_value: { values: value.map(valueJson) } };
}

// What no int64 holds would make the client refuse the whole answer.
function integerJson(value: bigint): object {
  const fits = BigInt.asIntN(64, value) === value;
  return fits ? { int_value: rawNumber(String(value)) } : { string_value: String(value) };
}

function pairsJson(map: ValueMap) {
  return [...map].map(([key, value]) => ({ key, value: valueJson(value) }));
}

function doubleJson(value: number): unknown {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  return rawNumber(dumpValue(value));
}

function nonZero(value: Value | undefined): unknown {
  return typeof value === 'bigint' && value !== 0n ? rawNumber(String(value)) : undefined;
}

/** A number of more digits than JavaScript's have, or written as `1.0`. */
function rawNumber(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

function toEventMap({ name, timeNs, attributes }: OtlpSpan['events'][number]): ValueMap {
  return new Map<string, Value>([
    ['name', name],
    ['time_unix_nano', timeNs],
    ['attributes', attributes],
  ]);
}

function toLinkMap({ traceId, spanId, attributes }: OtlpSpan['links'][number]): ValueMap {
  return new Map<string, Value>([
    ['trace_id', `tr-${toHex(padded(traceId, 16, 'trace_id of a link'))}`],
    ['span_id', toHex(padded(spanId, 8, 'span_id of a link'))],
    ['attributes', attributes.size === 0 ? null : attributes],
  ]);
}

function mapIn(owner: ValueMap, key: string): ValueMap {
  const found = owner.get(key);
  return isMap(found) ? found : new Map();
}

function mapsIn(owner: ValueMap, key: string): ValueMap[] {
  const found = owner.get(key);
  return Array.isArray(found) ? (found as Value[]).filter(isMap) : [];
}

function textOf(json: string | undefined): string | undefined {
  const text = json === undefined ? undefined : unquote(json);
  return text === '' ? undefined : text;
}

/** Ids are numbers: leading zeros may be left out, and more bytes are too many. */
function padded(id: Uint8Array, length: number, what: string): Uint8Array {
  if (id.length === 0) throw new UnusableSpan(`It has no ${what}.`);
  if (id.length > length) throw new UnusableSpan(`Its ${what} has more than ${length} bytes.`);
  const bytes = new Uint8Array(length);
  bytes.set(id, length - id.length);
  return bytes;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function microseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n);
}
