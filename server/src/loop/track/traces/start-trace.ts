import type { Context } from '../../../context.ts';
import type { Principal } from '../../../platform/auth/principal.ts';
import { findExperiment } from '../experiment.store.ts';
import { noExperiment, requireActive } from '../experiment-life.ts';
import { requireOwnRun } from '../require-run.ts';
import type { Pair } from '../workspace.ts';
import { upsertAssessment } from './assessment.store.ts';
import type { Assessment } from './assessment.ts';
import { insertLinks } from './link.store.ts';
import { locationTag } from './log-spans.ts';
import { readTraceInfos } from './read-traces.ts';
import { checkOwnExperiment, checkOwnTrace, jobOf } from './require-trace.ts';
import { findTraceRow, insertTrace, replaceTrace, upsertTracePairs } from './trace.store.ts';
import { FINAL_METADATA, RUN_METADATA, type Trace, type TraceDetail } from './trace.ts';

/** What a client says of a trace when it is over. */
export interface FinalTrace extends Omit<Trace, 'finalized' | 'job'> {
  readonly tags: readonly Pair[];
  readonly metadata: readonly Pair[];
  readonly assessments: readonly Assessment[];
}

/**
 * Makes the trace, or completes what its spans told: what the client says counts. Answers it as it is then.
 * @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE for a deleted experiment, PERMISSION_DENIED
 */
export async function startTrace(
  { db }: Pick<Context, 'db'>,
  given: FinalTrace,
  principal: Principal,
): Promise<TraceDetail> {
  const { tags, metadata, assessments, ...trace } = given;
  const run = metadata.find(({ key }) => key === RUN_METADATA)?.value;
  return db.transaction(async (trx) => {
    const experiment = await findExperiment(trx, trace.experiment);
    if (!experiment) throw noExperiment(trace.experiment);
    requireActive(experiment);
    await db.lock(trx, `trace:${trace.id}`);
    const before = await findTraceRow(trx, trace.id);
    if (before) checkOwnTrace(before, principal);
    else await checkOwnExperiment(trx, experiment.id, principal);
    if (principal.kind === 'job' && run !== undefined) await requireOwnRun(trx, run, principal);
    if (before) await replaceTrace(trx, complete(before, trace));
    else await insertTrace(trx, { ...trace, finalized: true, job: jobOf(principal) });
    await upsertTracePairs(trx, 'trace_tags', trace.id, [...tags, locationTag(experiment, trace.id)]);
    await upsertTracePairs(trx, 'trace_metadata', trace.id, [...metadata, { key: FINAL_METADATA, value: 'true' }]);
    for (const assessment of assessments) await upsertAssessment(trx, assessment);
    if (run !== undefined) await insertLinks(trx, [{ trace: trace.id, kind: 'run', target: run }]);
    // Read here: afterwards somebody may have deleted it.
    const [made] = await readTraceInfos(trx, [trace.id]);
    if (!made) throw new Error(`The trace ${trace.id} is gone in the transaction that wrote it.`);
    return made;
  });
}

function complete(before: Trace, given: Omit<Trace, 'finalized' | 'job'>): Trace {
  return {
    ...given,
    name: given.name ?? before.name,
    session: given.session ?? before.session,
    requestPreview: given.requestPreview ?? before.requestPreview,
    responsePreview: given.responsePreview ?? before.responsePreview,
    tokens: { ...before.tokens, ...given.tokens },
    cost: { ...before.cost, ...given.cost },
    finalized: true,
    job: before.job,
  };
}
