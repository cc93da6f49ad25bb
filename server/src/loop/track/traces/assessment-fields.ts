import { uuidv7 } from '../../../platform/ids.ts';
import { choice, invalidParameter, type Message, message, text } from '../mlflow-protocol/index.ts';
import { checkLength } from '../names.ts';
import {
  type Assessment,
  type AssessmentError,
  type AssessmentKind,
  fromPlain,
  RUN_OF_ASSESSMENT,
  SOURCE_TYPES,
} from './assessment.ts';
import { timestamp } from './proto-time.ts';
import { anything, looseText, textMap } from './trace-fields.ts';
import { dumpValue, parseValue } from './value.ts';

const error = message({ error_code: looseText(), error_message: looseText(), stack_trace: looseText() });

const fields = {
  assessment_id: text(),
  assessment_name: text(),
  trace_id: text(),
  span_id: text(),
  source: message({ source_type: choice(SOURCE_TYPES), source_id: text() }),
  create_time: timestamp(),
  last_update_time: timestamp(),
  feedback: message({ value: anything(), error }),
  expectation: message({
    value: anything(),
    serialized_value: message({ serialization_format: text(), value: text() }),
  }),
  issue: message({ issue_name: text() }),
  rationale: looseText(),
  error,
  metadata: textMap(),
  overrides: text(),
};

/** MLflow's Assessment, in a request. */
export const assessmentMessage = message(fields);
export type AssessmentMessage = Message<typeof fields>;

const MAX_ID = 50;
const MAX_NAME = 250;

/** @param now milliseconds since the epoch, where the client says none @throws INVALID_PARAMETER_VALUE */
export function toAssessment(given: AssessmentMessage, trace: string, now: number): Assessment {
  const metadata = toMetadata(given);
  const value = valueIn(given);
  if (value === null) throw invalidParameter('Unknown assessment type: None');
  checkLength(given.assessment_name ?? '', 'assessment_name', MAX_NAME);
  checkLength(given.assessment_id ?? '', 'assessment_id', MAX_ID);
  return {
    ...{
      id: given.assessment_id || `a-${uuidv7().replaceAll('-', '')}`,
      trace,
      name: given.assessment_name ?? '',
      kind: value.kind,
    },
    ...{ value: value.json, error: value.error, metadata, valid: true },
    sourceType: given.source?.source_type ?? 'SOURCE_TYPE_UNSPECIFIED',
    sourceId: given.source?.source_id || null,
    run: metadata?.[RUN_OF_ASSESSMENT] ?? null,
    span: given.span_id || null,
    rationale: given.rationale || null,
    overrides: given.overrides || null,
    createdAt: given.create_time ?? now,
    updatedAt: given.last_update_time ?? now,
  };
}

export interface AssessmentValue {
  readonly kind: AssessmentKind;
  /** See {@link Assessment.value}. */
  readonly json: string;
  readonly error: AssessmentError | null;
}

/** Null: the request has none. @throws INVALID_PARAMETER_VALUE */
export function valueIn(given: AssessmentMessage): AssessmentValue | null {
  const { feedback, expectation, issue } = given;
  if (expectation !== undefined) return { kind: 'expectation', json: expectationJson(expectation), error: null };
  if (feedback !== undefined) {
    return { kind: 'feedback', json: fromPlain(feedback.value), error: feedback.error ?? given.error ?? null };
  }
  if (issue === undefined) return null;
  return { kind: 'issue', json: JSON.stringify(issue.issue_name ?? ''), error: null };
}

/** Null when there is none. */
export function toMetadata({ metadata }: AssessmentMessage): Record<string, string> | null {
  return metadata.length === 0 ? null : Object.fromEntries(metadata.map(({ key, value }) => [key, value]));
}

function expectationJson({ value, serialized_value }: NonNullable<AssessmentMessage['expectation']>): string {
  if (serialized_value === undefined) {
    if (value === undefined || value === null) throw invalidParameter('The `value` field must be specified.');
    return fromPlain(value);
  }
  if (serialized_value.serialization_format !== 'JSON_FORMAT') {
    const format = String(serialized_value.serialization_format).slice(0, 100);
    throw invalidParameter(`Unknown serialization format: ${format}. Only JSON_FORMAT is supported.`);
  }
  const parsed = parseValue(serialized_value.value ?? '');
  if (parsed === undefined) throw invalidParameter('The serialized value of the expectation is not JSON.');
  return dumpValue(parsed);
}
