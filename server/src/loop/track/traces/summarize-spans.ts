import { truncate } from '../names.ts';
import type { Pair } from '../workspace.ts';
import { previewOf } from './preview.ts';
import { keepable, type Span } from './span.ts';
import { COST_ATTRIBUTE, USAGE_ATTRIBUTE } from './token-usage.ts';
import { MAX_NAME, MAX_SESSION, MAX_TRACE_TAG_VALUE, NAME_TAG, SPANS_TAG, type TraceState } from './trace.ts';
import { isTraceTagKey } from './trace-tag.ts';
import { unquote } from './value.ts';

/** What the spans of one trace in one report tell about it. */
export interface SpanBatch {
  readonly trace: string;
  /** Milliseconds since the epoch; null: none of them has ended. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Null: the root is not among them. */
  readonly state: Extract<TraceState, 'OK' | 'ERROR'> | null;
  readonly name: string | null;
  readonly session: string | null;
  readonly user: string | null;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  readonly tags: readonly Pair[];
  readonly hasTokens: boolean;
  readonly hasCost: boolean;
}

const TAG_PREFIX = 'mlflow.traceTag.';
const SESSION_ATTRIBUTES = ['session.id', 'gen_ai.conversation.id'];

export function summarizeSpans(trace: string, spans: readonly Span[]): SpanBatch {
  const root = spans.findLast(({ parent }) => parent === null);
  const tags = root === undefined ? [] : tagsOf(root);
  const ends = spans.flatMap(({ endUs }) => (endUs === null ? [] : [endUs]));
  const session = firstOf(spans, SESSION_ATTRIBUTES);
  const user = firstOf(spans, ['user.id']);
  return {
    trace,
    startedAt: milliseconds(spans.reduce((first, { startUs }) => Math.min(first, startUs), Number.POSITIVE_INFINITY)),
    endedAt: ends.length === 0 ? null : milliseconds(ends.reduce((last, end) => Math.max(last, end), 0)),
    state: root === undefined ? null : root.status === 'ERROR' ? 'ERROR' : 'OK',
    name: nameOf(tags),
    session: session === null ? null : truncate(session, MAX_SESSION),
    user: user === null ? null : truncate(user, MAX_TRACE_TAG_VALUE),
    requestPreview: root === undefined ? null : previewIn(root, 'mlflow.spanInputs', 'user'),
    responsePreview: root === undefined ? null : previewIn(root, 'mlflow.spanOutputs', 'assistant'),
    tags: tags.filter(({ key }) => key !== NAME_TAG),
    hasTokens: spans.some(({ attributes }) => attributes.has(USAGE_ATTRIBUTE)),
    hasCost: spans.some(({ attributes }) => attributes.has(COST_ATTRIBUTE)),
  };
}

/** What clients that speak nothing but OpenTelemetry want as tags, each in an attribute of the root. */
function tagsOf({ attributes }: Span): Pair[] {
  return [...attributes].flatMap(([attribute, json]) => {
    if (!attribute.startsWith(TAG_PREFIX)) return [];
    const key = attribute.slice(TAG_PREFIX.length);
    if (!isTraceTagKey(key) || key === SPANS_TAG) return [];
    return [{ key, value: truncate(keepable(unquote(json)), MAX_TRACE_TAG_VALUE) }];
  });
}

function nameOf(tags: readonly Pair[]): string | null {
  const name = tags.find(({ key }) => key === NAME_TAG)?.value;
  return name === undefined ? null : truncate(name, MAX_NAME);
}

function previewIn({ attributes }: Span, key: string, role: 'user' | 'assistant'): string | null {
  const json = attributes.get(key);
  return json === undefined ? null : keepable(previewOf(json, role));
}

function firstOf(spans: readonly Span[], keys: readonly string[]): string | null {
  for (const { attributes } of spans) {
    const key = keys.find((one) => attributes.has(one));
    const text = key === undefined ? '' : keepable(unquote(attributes.get(key) ?? ''));
    if (text !== '') return text;
  }
  return null;
}

function milliseconds(microseconds: number): number {
  return Math.floor(microseconds / 1_000);
}
