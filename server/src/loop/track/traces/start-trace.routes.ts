import type { Context } from '../../../context.ts';
import { parseExperimentId } from '../experiment.ts';
import {
  type AddOperation,
  type Field,
  invalidParameter,
  list,
  type Message,
  message,
  required,
  text,
} from '../mlflow-protocol/index.ts';
import { checkLength, MAX_KEY, truncate } from '../names.ts';
import type { Pair } from '../workspace.ts';
import { assessmentMessage, toAssessment } from './assessment-fields.ts';
import { duration, timestamp } from './proto-time.ts';
import { type FinalTrace, startTrace } from './start-trace.ts';
import { costIn, tokensIn } from './token-usage.ts';
import {
  COST_METADATA,
  MAX_NAME,
  MAX_SESSION,
  MAX_TRACE_TAG_VALUE,
  NAME_TAG,
  SESSION_METADATA,
  TOKEN_METADATA,
  TRACE_STATES,
  type TraceState,
  toTraceJson,
} from './trace.ts';
import { looseText, textMap } from './trace-fields.ts';
import { numbersIn } from './translate-attributes.ts';

const fields = {
  trace_id: required(text()),
  client_request_id: looseText(),
  trace_location: message({ mlflow_experiment: message({ experiment_id: text() }) }),
  request_preview: looseText(),
  response_preview: looseText(),
  request_time: timestamp(),
  execution_duration: duration(),
  state: traceState(),
  trace_metadata: textMap(),
  tags: textMap(),
  assessments: list(assessmentMessage),
};

/** One that this server does not know counts as none. */
function traceState(): Field<TraceState | undefined> {
  const names = Object.entries(TRACE_STATES) as [TraceState, number][];
  return {
    aliases: [],
    read: (value) => names.find(([name, number]) => name === value || String(number) === String(value))?.[0],
  };
}

const MAX_ID = 250;
const MAX_PREVIEW = 10_000;

/** What clients call when a trace is over. */
export function startTraceOperation(add: AddOperation, { db, clock }: Pick<Context, 'db' | 'clock'>): void {
  add({
    method: 'POST',
    path: 'traces',
    jobs: true,
    request: { trace: required(message({ trace_info: required(message(fields)) })) },
    async handle({ trace: { trace_info } }, { principal }) {
      const made = await startTrace({ db }, toFinalTrace(trace_info, clock.now()), principal);
      return { trace: { trace_info: toTraceJson(made) } };
    },
  });
}

function toFinalTrace(info: Message<typeof fields>, now: number): FinalTrace {
  const { trace_id, trace_location, trace_metadata, tags } = info;
  checkLength(trace_id, 'trace_id', MAX_ID);
  const experiment = trace_location?.mlflow_experiment?.experiment_id;
  if (experiment === undefined) throw invalidParameter('A trace must be in an experiment: trace_location names none.');
  const known = new Map(trace_metadata.map(({ key, value }) => [key, value]));
  const session = known.get(SESSION_METADATA) ?? null;
  if (session !== null) checkLength(session, 'Session ID', MAX_SESSION);
  const name = tags.find(({ key }) => key === NAME_TAG)?.value ?? null;
  if (name !== null) checkLength(name, 'Trace name', MAX_NAME);
  return {
    ...{ id: trace_id, experiment: parseExperimentId(experiment), session, name },
    startedAt: info.request_time ?? 0,
    durationMs: info.execution_duration ?? null,
    state: info.state ?? 'STATE_UNSPECIFIED',
    clientRequestId: info.client_request_id ?? null,
    requestPreview: cut(info.request_preview),
    responsePreview: cut(info.response_preview),
    tokens: tokensIn(numbersIn(known.get(TOKEN_METADATA)) ?? new Map()),
    cost: costIn(numbersIn(known.get(COST_METADATA)) ?? new Map()),
    tags: shorten(tags.filter(({ key }) => key !== NAME_TAG)),
    metadata: shorten(trace_metadata.filter(({ key }) => !COLUMNS.includes(key))),
    assessments: info.assessments.map((one) => toAssessment(one, trace_id, now)),
  };
}

/** Kept in columns of the trace itself. */
const COLUMNS = [SESSION_METADATA, TOKEN_METADATA, COST_METADATA];

function shorten(pairs: readonly Pair[]): Pair[] {
  return pairs.map(({ key, value }) => ({ key: truncate(key, MAX_KEY), value: truncate(value, MAX_TRACE_TAG_VALUE) }));
}

function cut(preview: string | undefined): string | null {
  return preview === undefined ? null : truncate(preview, MAX_PREVIEW);
}
