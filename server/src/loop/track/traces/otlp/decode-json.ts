import { checkDepth, isList, isMap, parseValue, type Value, type ValueMap } from '../value.ts';
import type { OtlpEvent, OtlpLink, OtlpSpan, ResourceSpans } from './otlp-span.ts';
import { MalformedOtlp } from './wire.ts';

/**
 * An ExportTraceServiceRequest in OTLP's JSON: ids are hex, 64-bit numbers texts, unknown members ignored.
 * @throws MalformedOtlp, RangeError for values that are nested too deeply
 */
export function decodeExportJson(text: string): ResourceSpans[] {
  const request = parseValue(text);
  if (!isMap(request)) throw new MalformedOtlp('The body is no JSON object.');
  return listOf(request, 'resourceSpans').map((group) => ({
    resource: attributesOf(mapOf(group, 'resource')),
    spans: listOf(group, 'scopeSpans').flatMap((scope) => listOf(scope, 'spans').map(decodeSpan)),
  }));
}

function decodeSpan(span: ValueMap): OtlpSpan {
  const status = mapOf(span, 'status');
  return {
    traceId: idOf(span, 'traceId'),
    spanId: idOf(span, 'spanId'),
    parentSpanId: idOf(span, 'parentSpanId'),
    name: textIn(span, 'name'),
    startNs: numberIn(span, 'startTimeUnixNano'),
    endNs: numberIn(span, 'endTimeUnixNano'),
    attributes: attributesOf(span),
    events: listOf(span, 'events').map(decodeEvent),
    links: listOf(span, 'links').map(decodeLink),
    statusCode: statusCode(member(status, 'code')),
    statusMessage: textIn(status, 'message'),
  };
}

function decodeEvent(event: ValueMap): OtlpEvent {
  return {
    timeNs: numberIn(event, 'timeUnixNano'),
    name: textIn(event, 'name'),
    attributes: attributesOf(event),
  };
}

function decodeLink(link: ValueMap): OtlpLink {
  return { traceId: idOf(link, 'traceId'), spanId: idOf(link, 'spanId'), attributes: attributesOf(link) };
}

const STATUS_CODES: Readonly<Record<string, number>> = { STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 };

function statusCode(code: Value | undefined): number {
  return typeof code === 'string' ? (STATUS_CODES[code] ?? 0) : Number(code ?? 0);
}

function attributesOf(owner: ValueMap, name = 'attributes', depth = 0): Map<string, Value> {
  checkDepth(depth);
  return new Map(
    listOf(owner, name).map((pair) => [textIn(pair, 'key'), decodeValue(member(pair, 'value') ?? null, depth + 1)]),
  );
}

function decodeValue(given: Value, depth: number): Value {
  checkDepth(depth);
  if (given === null) return null;
  if (!isMap(given)) throw new MalformedOtlp('A value of an attribute is no object.');
  const [name, value] = [...given].find(([key]) => Object.hasOwn(kinds, camelCase(key))) ?? [];
  const read = name === undefined ? undefined : kinds[camelCase(name)];
  return read === undefined || value === undefined ? null : read(value, depth);
}

const kinds: Readonly<Record<string, (value: Value, depth: number) => Value>> = {
  stringValue: (value) => expectText(value),
  boolValue: (value) => value === true,
  intValue: (value) => toInteger(value),
  doubleValue: (value) => toDouble(value),
  bytesValue: (value) => new Uint8Array(Buffer.from(expectText(value), 'base64')),
  arrayValue: (value, depth) => valuesIn(value).map((one) => decodeValue(one, depth + 1)),
  kvlistValue: (value, depth) => (isMap(value) ? attributesOf(value, 'values', depth) : new Map()),
};

function valuesIn(value: Value): readonly Value[] {
  const values = isMap(value) ? member(value, 'values') : undefined;
  return isList(values) ? values : [];
}

function member(owner: ValueMap, name: string): Value | undefined {
  return owner.get(name) ?? owner.get(snakeCase(name));
}

function mapOf(owner: ValueMap, name: string): ValueMap {
  const found = member(owner, name);
  if (found === undefined || found === null) return new Map();
  if (isMap(found)) return found;
  throw new MalformedOtlp(`${name} is no object.`);
}

function listOf(owner: ValueMap, name: string): ValueMap[] {
  const found = member(owner, name);
  if (found === undefined || found === null) return [];
  if (isList(found) && found.every((one) => isMap(one))) return [...found] as ValueMap[];
  throw new MalformedOtlp(`${name} is no list of objects.`);
}

function textIn(owner: ValueMap, name: string): string {
  const found = member(owner, name);
  return found === undefined || found === null ? '' : expectText(found);
}

function expectText(value: Value): string {
  if (typeof value === 'string') return value;
  throw new MalformedOtlp('A text is something else.');
}

function numberIn(owner: ValueMap, name: string): bigint {
  const number = toInteger(member(owner, name) ?? 0n);
  if (number >= 0n && number < 2n ** 64n) return number;
  throw new MalformedOtlp(`${name} is out of range.`);
}

function toInteger(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw new MalformedOtlp('A whole number is something else.');
}

function toDouble(value: Value): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  const number = typeof value === 'string' ? Number(value) : Number.NaN;
  if (value === 'NaN' || !Number.isNaN(number)) return number;
  throw new MalformedOtlp('A number is something else.');
}

function idOf(owner: ValueMap, name: string): Uint8Array {
  const text = textIn(owner, name);
  if (/^([0-9a-f]{2})*$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  throw new MalformedOtlp(`${name} is not written in hex.`);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}
