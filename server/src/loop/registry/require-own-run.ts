import type { Context } from '../../context.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import { findLoggedModel, findRun, mlflowError } from '../track/index.ts';
import type { Origin } from './resolve-source.ts';

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

/** The same of what a version is made from: neither the run nor the logged model may be another's. @throws PERMISSION_DENIED */
export async function requireOwnOrigin(
  parts: Pick<Context, 'db'>,
  principal: Principal,
  { run, modelId }: Origin,
): Promise<void> {
  if (principal.kind !== 'job') return;
  await requireOwnRun(parts, principal, run);
  if (modelId === null) return;
  await requireOwnRun(parts, principal, (await findLoggedModel(parts.db.read, modelId))?.sourceRun ?? null);
}
