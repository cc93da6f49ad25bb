import type { Context } from '../../context.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import { findRun, mlflowError } from '../track/index.ts';

/** A job's token may write what belongs to its own runs; everybody else what they like. @throws PERMISSION_DENIED */
export async function requireOwnRun(
  { db }: Pick<Context, 'db'>,
  principal: Principal,
  run: string | null,
): Promise<void> {
  if (principal.kind !== 'job') return;
  const found = run === null ? undefined : await findRun(db.read, run);
  if (found?.job === principal.jobId) return;
  throw mlflowError('PERMISSION_DENIED', 'The token of a job may register only what a run of this job has logged.');
}
