import type { Context } from '../../../context.ts';
import type { Trx } from '../../../database.ts';
import type { Principal } from '../../../platform/auth/principal.ts';
import { findExperiment } from '../experiment.store.ts';
import type { Experiment } from '../experiment.ts';
import { noExperiment } from '../experiment-life.ts';
import { joinUri } from '../run.ts';
import type { Pair } from '../workspace.ts';
import { checkOwnExperiment, checkOwnTrace, jobOf } from './require-trace.ts';
import { listUsage, upsertSpans } from './span.store.ts';
import type { Span } from './span.ts';
import { type SpanBatch, summarizeSpans } from './summarize-spans.ts';
import { sumCost, sumTokens } from './token-usage.ts';
import { findTraceRow, insertMetadata, insertTrace, replaceTrace, upsertTracePairs } from './trace.store.ts';
import { IN_STORE, LOCATION_TAG, SPANS_TAG, type Trace, USER_METADATA } from './trace.ts';

export interface SpanReport {
  readonly experiment: number;
  readonly spans: readonly Span[];
  /** What the program says about itself becomes tags, by trace. */
  readonly tags: ReadonlyMap<string, readonly Pair[]>;
}

/**
 * Keeps spans, all or none. A trace begins with the first of its spans; what is known of it follows from all that
 * came, until the client says that it is final.
 * @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED
 */
export async function logSpans(
  { db }: Pick<Context, 'db'>,
  { experiment, spans, tags }: SpanReport,
  principal: Principal,
): Promise<void> {
  const batches = [...Map.groupBy(spans, ({ trace }) => trace)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([trace, own]) => summarizeSpans(trace, own));
  await db.transaction(async (trx) => {
    const found = await findExperiment(trx, experiment);
    if (!found) throw noExperiment(experiment);
    // Two reports of one trace, or the end of one, must not overlook each other.
    for (const { trace } of batches) await db.lock(trx, `trace:${trace}`);
    for (const batch of batches) {
      const known = await findTraceRow(trx, batch.trace);
      if (known) checkOwnTrace(known, principal);
      else await beginTrace(trx, found, batch, principal);
    }
    await upsertSpans(trx, spans);
    for (const batch of batches) await extendTrace(trx, batch, tags.get(batch.trace) ?? []);
  });
}

async function beginTrace(trx: Trx, experiment: Experiment, batch: SpanBatch, principal: Principal): Promise<void> {
  await checkOwnExperiment(trx, experiment.id, principal);
  const trace: Trace = {
    ...{ id: batch.trace, experiment: experiment.id, startedAt: batch.startedAt, durationMs: null },
    ...{ state: 'IN_PROGRESS', name: null, session: null, clientRequestId: null, tokens: {}, cost: {} },
    ...{ requestPreview: null, responsePreview: null, finalized: false, job: jobOf(principal) },
  };
  await insertTrace(trx, trace);
  await upsertTracePairs(trx, 'trace_tags', trace.id, [locationTag(experiment, trace.id)]);
}

async function extendTrace(trx: Trx, batch: SpanBatch, resource: readonly Pair[]): Promise<void> {
  const before = await findTraceRow(trx, batch.trace);
  if (!before) throw new Error(`The trace ${batch.trace} is gone in the transaction that made it.`);
  await replaceTrace(trx, { ...merge(before, batch), ...(await totalsOf(trx, before, batch)) });
  if (batch.user !== null) await insertMetadata(trx, batch.trace, { key: USER_METADATA, value: batch.user });
  // What the user tags comes after what the program tells about itself.
  const tags = [...resource, ...batch.tags, { key: SPANS_TAG, value: IN_STORE }];
  await upsertTracePairs(trx, 'trace_tags', batch.trace, tags);
}

function merge(before: Trace, batch: SpanBatch): Trace {
  return {
    ...before,
    ...(before.finalized ? {} : timesOf(before, batch)),
    state:
      before.state === 'IN_PROGRESS' || before.state === 'STATE_UNSPECIFIED'
        ? (batch.state ?? before.state)
        : before.state,
    name: batch.name ?? before.name,
    session: before.session ?? batch.session,
    requestPreview: before.requestPreview ?? batch.requestPreview,
    responsePreview: before.responsePreview ?? batch.responsePreview,
  };
}

function timesOf({ startedAt, durationMs }: Trace, batch: SpanBatch): Pick<Trace, 'startedAt' | 'durationMs'> {
  const start = Math.min(startedAt, batch.startedAt);
  const ends = [durationMs === null ? null : startedAt + durationMs, batch.endedAt].filter((end) => end !== null);
  return { startedAt: start, durationMs: ends.length === 0 ? null : Math.max(...ends) - start };
}

/** Over all spans, since a parent that came later may tell the sum of its children. */
async function totalsOf(trx: Trx, before: Trace, batch: SpanBatch): Promise<Partial<Pick<Trace, 'tokens' | 'cost'>>> {
  const countsTokens = batch.hasTokens && !(before.finalized && Object.keys(before.tokens).length > 0);
  const countsCost = batch.hasCost && !(before.finalized && Object.keys(before.cost).length > 0);
  if (!countsTokens && !countsCost) return {};
  const spans = await listUsage(trx, batch.trace);
  return {
    ...(countsTokens ? { tokens: sumTokens(spans) ?? {} } : {}),
    ...(countsCost ? { cost: sumCost(spans) ?? {} } : {}),
  };
}

/** Where clients keep files of a trace. */
export function locationTag({ artifactLocation }: Pick<Experiment, 'artifactLocation'>, trace: string): Pair {
  return { key: LOCATION_TAG, value: joinUri(artifactLocation, `traces/${trace}/artifacts`) };
}
