import { checkDepth, type Value, type ValueMap } from '../value.ts';
import type { OtlpEvent, OtlpLink, OtlpSpan, ResourceSpans } from './otlp-span.ts';
import { bytesOf, doubleOf, fieldsOf, integerOf, textOf } from './wire.ts';

// Field numbers are those of opentelemetry-proto 1.x: trace/v1, common/v1, resource/v1 and collector/trace/v1.

/** An ExportTraceServiceRequest. @throws MalformedOtlp, RangeError for values that are nested too deeply */
export function decodeExportRequest(bytes: Uint8Array): ResourceSpans[] {
  const all: ResourceSpans[] = [];
  for (const field of fieldsOf(bytes)) if (field.number === 1) all.push(decodeResourceSpans(bytesOf(field)));
  return all;
}

function decodeResourceSpans(bytes: Uint8Array): ResourceSpans {
  let resource: ValueMap = new Map();
  const spans: OtlpSpan[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) resource = decodeAttributes(bytesOf(field), 1);
    if (field.number !== 2) continue;
    for (const inner of fieldsOf(bytesOf(field))) if (inner.number === 2) spans.push(decodeSpan(bytesOf(inner)));
  }
  return { resource, spans };
}

const NONE = new Uint8Array();

type Draft = { -readonly [K in keyof OtlpSpan]: OtlpSpan[K] } & {
  attributes: Map<string, Value>;
  events: OtlpEvent[];
  links: OtlpLink[];
};
type Setter = (span: Draft, field: Parameters<typeof bytesOf>[0]) => void;

const spanFields: Readonly<Record<number, Setter>> = {
  1: (span, field) => {
    span.traceId = bytesOf(field);
  },
  2: (span, field) => {
    span.spanId = bytesOf(field);
  },
  4: (span, field) => {
    span.parentSpanId = bytesOf(field);
  },
  5: (span, field) => {
    span.name = textOf(field);
  },
  7: (span, field) => {
    span.startNs = integerOf(field);
  },
  8: (span, field) => {
    span.endNs = integerOf(field);
  },
  9: (span, field) => addPair(span.attributes, bytesOf(field), 0),
  11: (span, field) => {
    span.events.push(decodeEvent(bytesOf(field)));
  },
  13: (span, field) => {
    span.links.push(decodeLink(bytesOf(field)));
  },
  15: (span, field) => decodeStatus(span, bytesOf(field)),
};

function decodeSpan(bytes: Uint8Array): OtlpSpan {
  const span: Draft = {
    ...{ traceId: NONE, spanId: NONE, parentSpanId: NONE, name: '', startNs: 0n, endNs: 0n },
    ...{ attributes: new Map(), events: [], links: [], statusCode: 0, statusMessage: '' },
  };
  for (const field of fieldsOf(bytes)) spanFields[field.number]?.(span, field);
  return span;
}

function decodeStatus(span: Draft, bytes: Uint8Array): void {
  for (const field of fieldsOf(bytes)) {
    if (field.number === 2) span.statusMessage = textOf(field);
    if (field.number === 3) span.statusCode = Number(integerOf(field));
  }
}

function decodeEvent(bytes: Uint8Array): OtlpEvent {
  let timeNs = 0n;
  let name = '';
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) timeNs = integerOf(field);
    if (field.number === 2) name = textOf(field);
  }
  return { timeNs, name, attributes: decodeAttributes(bytes, 3) };
}

function decodeLink(bytes: Uint8Array): OtlpLink {
  let traceId: Uint8Array = NONE;
  let spanId: Uint8Array = NONE;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) traceId = bytesOf(field);
    if (field.number === 2) spanId = bytesOf(field);
  }
  return { traceId, spanId, attributes: decodeAttributes(bytes, 4) };
}

/** The KeyValues in field `number` of a message. */
function decodeAttributes(bytes: Uint8Array, number: number, depth = 0): Map<string, Value> {
  const attributes = new Map<string, Value>();
  for (const field of fieldsOf(bytes)) if (field.number === number) addPair(attributes, bytesOf(field), depth);
  return attributes;
}

function addPair(attributes: Map<string, Value>, bytes: Uint8Array, depth: number): void {
  let key = '';
  let value: Value = null;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) key = textOf(field);
    if (field.number === 2) value = decodeValue(bytesOf(field), depth + 1);
  }
  attributes.set(key, value);
}

function decodeValue(bytes: Uint8Array, depth: number): Value {
  checkDepth(depth);
  let value: Value = null;
  for (const field of fieldsOf(bytes)) value = decodeKind(field, depth) ?? value;
  return value;
}

function decodeKind(field: Parameters<typeof bytesOf>[0], depth: number): Value | undefined {
  switch (field.number) {
    case 1:
      return textOf(field);
    case 2:
      return integerOf(field) !== 0n;
    case 3:
      return BigInt.asIntN(64, integerOf(field));
    case 4:
      return doubleOf(field);
    case 5: {
      const values: Value[] = [];
      for (const inner of fieldsOf(bytesOf(field))) {
        if (inner.number === 1) values.push(decodeValue(bytesOf(inner), depth + 1));
      }
      return values;
    }
    case 6:
      return decodeAttributes(bytesOf(field), 1, depth);
    case 7:
      return bytesOf(field).slice();
    default:
      return undefined;
  }
}
