import { Kept } from '../mlflow-protocol/index.ts';
import { toTimestamp } from './proto-time.ts';
import { dumpValue, isList, isMap, parseValue, type Value } from './value.ts';

/** `issue`: the trace is an example of a known problem. */
export type AssessmentKind = 'feedback' | 'expectation' | 'issue';

export const SOURCE_TYPES = { SOURCE_TYPE_UNSPECIFIED: 0, HUMAN: 1, LLM_JUDGE: 2, CODE: 3 } as const;
export type SourceType = keyof typeof SOURCE_TYPES;

export interface AssessmentError {
  readonly error_code?: string | undefined;
  readonly error_message?: string | undefined;
  readonly stack_trace?: string | undefined;
}

/** What somebody thinks of a trace, or expects of it. */
export interface Assessment {
  /** `a-` and 32 hex digits. */
  readonly id: string;
  readonly trace: string;
  readonly name: string;
  readonly kind: AssessmentKind;
  /** JSON as Python writes it; of an issue its name. */
  readonly value: string;
  readonly error: AssessmentError | null;
  readonly sourceType: SourceType;
  readonly sourceId: string | null;
  readonly run: string | null;
  readonly span: string | null;
  readonly rationale: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Id of the one that this one replaces. */
  readonly overrides: string | null;
  /** False: another one replaced it. */
  readonly valid: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const RUN_OF_ASSESSMENT = 'mlflow.assessment.sourceRunId';

/** MLflow's Assessment. */
export function toAssessmentJson(assessment: Assessment) {
  return {
    assessment_id: assessment.id,
    assessment_name: assessment.name,
    trace_id: assessment.trace,
    span_id: assessment.span,
    source: { source_type: assessment.sourceType, source_id: assessment.sourceId },
    create_time: toTimestamp(assessment.createdAt),
    last_update_time: toTimestamp(assessment.updatedAt),
    ...toValueJson(assessment),
    rationale: assessment.rationale,
    metadata: assessment.metadata,
    overrides: assessment.overrides,
    valid: assessment.valid,
  };
}

function toValueJson({ kind, value, error }: Assessment) {
  const read = parseValue(value) ?? null;
  if (kind === 'issue') return { issue: { issue_name: toKept(read) } };
  if (kind === 'feedback') return { feedback: { value: toKept(read), error } };
  if (!isMap(read) && !isList(read)) return { expectation: { value: toKept(read) } };
  return { expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value } } };
}

/** As answers have it: nulls and empty lists within a value stay. */
function toKept(value: Value): unknown {
  if (value === null) return new Kept(null);
  if (isMap(value)) return Object.fromEntries([...value].map(([key, one]) => [key, toKept(one)]));
  if (!isList(value)) return typeof value === 'bigint' ? Number(value) : value;
  return value.length === 0 ? new Kept([]) : value.map(toKept);
}

/** A value of a request, as it is kept. */
export function fromPlain(value: unknown): string {
  return dumpValue(parseValue(JSON.stringify(value ?? null)) ?? null);
}

/** What averages are taken of: numbers, and yes and no as 1 and 0. */
export function aggregateOf(value: string): { readonly aggregate: number | null; readonly isNumber: boolean } {
  const read = parseValue(value);
  if (typeof read === 'boolean') return { aggregate: read ? 1 : 0, isNumber: false };
  if (typeof read === 'bigint' || typeof read === 'number') {
    const number = Number(read);
    return Number.isFinite(number) ? { aggregate: number, isNumber: true } : { aggregate: null, isNumber: false };
  }
  const word = typeof read === 'string' ? read.trim().toLowerCase() : '';
  if (word !== 'yes' && word !== 'no') return { aggregate: null, isNumber: false };
  return { aggregate: word === 'yes' ? 1 : 0, isNumber: false };
}
