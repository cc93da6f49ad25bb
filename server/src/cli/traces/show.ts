import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import {
  type Assessment,
  durationOf,
  formatMilliseconds,
  getTrace,
  nameOf,
  runOf,
  type Span,
  type WholeTrace,
} from './trace-client.ts';

export const command = defineCommand({
  summary: 'Show a trace: its spans as a tree, with their times, and what people think of it.',
  usage: 'TRACE   (its id)',
  options: {},
  async run({ args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('traces show needs one TRACE.');
    const trace = await getTrace(io, word.replace(/^trace:/, ''));
    if (io.json) io.printJson(trace);
    else showTrace(io, trace);
    return 0;
  },
});

function showTrace(io: Io, { trace_info: info, spans = [] }: WholeTrace): void {
  io.print(`trace:${info.trace_id}  ${nameOf(info) ?? ''}`.trimEnd());
  const took = durationOf(info);
  const started = Date.parse(info.request_time ?? '');
  const facts = [
    info.state ?? 'unknown',
    ...(Number.isNaN(started) ? [] : [`started ${formatTime(started)}`]),
    ...(took === null ? [] : [formatMilliseconds(took)]),
    ...(runOf(info) === null ? [] : [`run:${runOf(info)}`]),
  ];
  io.print(facts.join(', '));
  if (info.request_preview !== undefined) io.print(`request   ${info.request_preview}`);
  if (info.response_preview !== undefined) io.print(`response  ${info.response_preview}`);
  io.print('');
  if (spans.length === 0) io.note('None of its spans is in the database of this server.');
  for (const line of drawTree(spans)) io.print(line);
  const assessments = (info.assessments ?? []).filter(({ valid }) => valid !== false);
  if (assessments.length === 0) return;
  io.print('');
  io.printTable(['assessment', 'value', 'by', 'why'], assessments.map(toRow), ['assessment']);
}

/** Each span below its parent, in the order of their beginnings. Spans whose parent is not there are roots. */
export function drawTree(spans: readonly Span[]): string[] {
  const ids = new Set(spans.map(({ span_id }) => span_id));
  const parentOf = ({ parent_span_id }: Span) => (parent_span_id && ids.has(parent_span_id) ? parent_span_id : '');
  const children = Map.groupBy(spans, parentOf);
  const lines: string[] = [];
  const open = (children.get('') ?? []).map((span) => ({ span, branch: '', below: '' })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    lines.push(`${next.branch}${describe(next.span)}`);
    const below = children.get(next.span.span_id) ?? [];
    const { below: indent } = next;
    open.push(
      ...below
        .map((span, i) => {
          const isLast = i === below.length - 1;
          return { span, branch: `${indent}${isLast ? '└─ ' : '├─ '}`, below: `${indent}${isLast ? '   ' : '│  '}` };
        })
        .reverse(),
    );
  }
  return lines;
}

function describe({ name, start_time_unix_nano: start, end_time_unix_nano: end, attributes, status }: Span): string {
  const type = attributes?.find(({ key }) => key === 'mlflow.spanType')?.value.string_value;
  const took = start === undefined || end === undefined ? 'not ended' : formatMilliseconds((end - start) / 1e6);
  const failed = status?.code === 'STATUS_CODE_ERROR' ? `  ERROR${status.message ? ` ${status.message}` : ''}` : '';
  return `${name ?? '(no name)'}${type && type !== 'UNKNOWN' ? ` [${type}]` : ''}  ${took}${failed}`;
}

function toRow({ assessment_name, feedback, expectation, source, rationale }: Assessment) {
  const value = feedback?.value ?? expectation?.value ?? expectation?.serialized_value?.value;
  const shown = value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);
  return [assessment_name, shown, source?.source_id ?? source?.source_type ?? null, rationale ?? null];
}
