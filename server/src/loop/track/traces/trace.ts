import { truncate } from '../names.ts';
import type { Pair } from '../workspace.ts';
import { type Assessment, toAssessmentJson } from './assessment.ts';
import { toDurationJson, toTimestamp } from './proto-time.ts';
import { COST_KEYS, type CostKey, TOKEN_KEYS, type TokenKey, type Totals } from './token-usage.ts';
import { dumpValue, type Value } from './value.ts';

export const TRACE_STATES = { STATE_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 } as const;
export type TraceState = keyof typeof TRACE_STATES;

/** One request to a program, in spans. */
export interface Trace {
  /** `tr-` and 32 hex digits. */
  readonly id: string;
  readonly experiment: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Null: it runs, or nobody said when it ended. */
  readonly durationMs: number | null;
  readonly state: TraceState;
  readonly name: string | null;
  /** Id of the conversation that it belongs to. */
  readonly session: string | null;
  readonly clientRequestId: string | null;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  readonly tokens: Totals<TokenKey>;
  readonly cost: Totals<CostKey>;
  /** The client said all that it has to say: spans that come later change no totals. */
  readonly finalized: boolean;
  /** The job whose token logged it; only that job may change it then, besides people. */
  readonly job: string | null;
}

export interface TraceDetail extends Trace {
  readonly tags: readonly Pair[];
  readonly metadata: readonly Pair[];
  readonly assessments: readonly Assessment[];
}

export const NAME_TAG = 'mlflow.traceName';
export const LOCATION_TAG = 'mlflow.artifactLocation';
export const SPANS_TAG = 'mlflow.trace.spansLocation';
/** What {@link SPANS_TAG} says when the spans are in this server's database. */
export const IN_STORE = 'TRACKING_STORE';
export const PROMPTS_TAG = 'mlflow.linkedPrompts';
export const RUN_METADATA = 'mlflow.sourceRun';
export const SESSION_METADATA = 'mlflow.trace.session';
export const USER_METADATA = 'mlflow.trace.user';
export const TOKEN_METADATA = 'mlflow.trace.tokenUsage';
export const COST_METADATA = 'mlflow.trace.cost';
export const SIZE_METADATA = 'mlflow.trace.sizeStats';
export const FINAL_METADATA = 'mlflow.trace.infoFinalized';

export const MAX_TRACE_TAG_VALUE = 8_000;
export const MAX_SESSION = 250;
export const MAX_NAME = 4_096;
const MAX_KEY_SHOWN = 250;
const MAX_METADATA_SHOWN = 250;
const MAX_TAG_SHOWN = 4_096;

/** MLflow's TraceInfo. */
export function toTraceJson(trace: TraceDetail) {
  return {
    trace_id: trace.id,
    client_request_id: trace.clientRequestId,
    trace_location: {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: String(trace.experiment) },
    },
    request_preview: trace.requestPreview,
    response_preview: trace.responsePreview,
    request_time: toTimestamp(trace.startedAt),
    execution_duration: trace.durationMs === null ? null : toDurationJson(trace.durationMs),
    state: trace.state,
    trace_metadata: toMap(metadataShown(trace), MAX_METADATA_SHOWN),
    tags: toMap(tagsShown(trace), MAX_TAG_SHOWN),
    assessments: trace.assessments.map(toAssessmentJson),
  };
}

function metadataShown({ metadata, session, tokens, cost }: TraceDetail): Pair[] {
  const shown = [...metadata];
  if (session !== null) shown.push({ key: SESSION_METADATA, value: session });
  const used = tokensText(tokens);
  if (used !== null) shown.push({ key: TOKEN_METADATA, value: used });
  const paid = costText(cost);
  if (paid !== null) shown.push({ key: COST_METADATA, value: paid });
  return shown;
}

function tagsShown({ tags, name }: TraceDetail): readonly Pair[] {
  return name === null ? tags : [...tags, { key: NAME_TAG, value: name }];
}

/** As MLflow keeps it among the metadata; null when nothing was counted. */
export function tokensText(tokens: Totals<TokenKey>): string | null {
  return totalsText(TOKEN_KEYS, tokens, (value) => BigInt(value));
}

export function costText(cost: Totals<CostKey>): string | null {
  return totalsText(COST_KEYS, cost, (value) => value);
}

function totalsText<Key extends string>(
  keys: readonly Key[],
  totals: Totals<Key>,
  toValue: (value: number) => Value,
): string | null {
  const known = keys.flatMap((key): [string, Value][] => {
    const value = totals[key];
    return value === undefined ? [] : [[key, toValue(value)]];
  });
  return known.length === 0 ? null : dumpValue(new Map(known));
}

/** Undefined when it is empty: an empty map is left out of answers. */
function toMap(pairs: readonly Pair[], most: number): Record<string, string> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(pairs.map(({ key, value }) => [truncate(key, MAX_KEY_SHOWN), truncate(value, most)]));
}
