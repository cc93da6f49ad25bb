import type { Db } from '../../../database.ts';
import type { Principal } from '../../../platform/auth/principal.ts';
import { mlflowError } from '../mlflow-protocol/index.ts';
import { notOwn } from '../require-run.ts';
import { hasRunOfJob } from './link.store.ts';
import { findTraceRow } from './trace.store.ts';
import type { Trace } from './trace.ts';

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function requireTrace(db: Db, id: string): Promise<Trace> {
  const trace = await findTraceRow(db, id);
  if (trace) return trace;
  throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Trace with ID '${id.slice(0, 300)}' not found.`);
}

/** A trace that this caller may change. @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED */
export async function requireOwnTrace(db: Db, id: string, principal: Principal): Promise<Trace> {
  const trace = await requireTrace(db, id);
  checkOwnTrace(trace, principal);
  return trace;
}

/** @throws PERMISSION_DENIED */
export function checkOwnTrace({ id, job }: Pick<Trace, 'id' | 'job'>, principal: Principal): void {
  if (principal.kind === 'job' && job !== principal.jobId) throw notOwn(principal.jobId, `the trace ${id}`);
}

/** Jobs begin traces only where they have a run. @throws PERMISSION_DENIED */
export async function checkOwnExperiment(db: Db, experiment: number, principal: Principal): Promise<void> {
  if (principal.kind !== 'job' || (await hasRunOfJob(db, experiment, principal.jobId))) return;
  throw notOwn(principal.jobId, `the experiment ${experiment}`);
}

export function jobOf(principal: Principal): string | null {
  return principal.kind === 'job' ? principal.jobId : null;
}
