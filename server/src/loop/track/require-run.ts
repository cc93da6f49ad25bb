import type { Db } from '../../database.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import { findLoggedModelRow } from './logged-model.store.ts';
import type { LoggedModel } from './logged-model.ts';
import { invalidParameter, mlflowError } from './mlflow-protocol/index.ts';
import { findRunRow } from './run.store.ts';
import type { Run } from './run.ts';

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function requireRun(db: Db, id: string): Promise<Run> {
  const run = await findRunRow(db, id);
  if (run) return run;
  throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Run with id=${id.slice(0, 300)} not found`);
}

/** A run that this caller may change. @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED */
export async function requireOwnRun(db: Db, id: string, principal: Principal): Promise<Run> {
  const run = await requireRun(db, id);
  if (principal.kind === 'job' && run.job !== principal.jobId) throw notOwn(principal.jobId, `the run ${run.id}`);
  return run;
}

/** A run that takes data from this caller. @throws also INVALID_PARAMETER_VALUE for a deleted run */
export async function requireWritableRun(db: Db, id: string, principal: Principal): Promise<Run> {
  const run = await requireOwnRun(db, id, principal);
  if (run.lifecycle === 'active') return run;
  throw invalidParameter(`The run ${run.id} must be in the 'active' state. Current state is ${run.lifecycle}.`);
}

/** @throws RESOURCE_DOES_NOT_EXIST for one that is deleted, too */
export async function requireModel(db: Db, id: string, options: { allowDeleted?: boolean } = {}): Promise<LoggedModel> {
  const model = await findLoggedModelRow(db, id);
  if (model && (model.lifecycle === 'active' || options.allowDeleted === true)) return model;
  throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${id.slice(0, 300)}' not found.`);
}

/** A model that this caller may change, deleted or not, as MLflow has it. @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED */
export async function requireOwnModel(db: Db, id: string, principal: Principal): Promise<LoggedModel> {
  const model = await requireModel(db, id, { allowDeleted: true });
  await checkOwnModel(db, model, principal);
  return model;
}

/** @throws PERMISSION_DENIED */
export async function checkOwnModel(db: Db, model: LoggedModel, principal: Principal): Promise<void> {
  if (principal.kind !== 'job' || (await ownsModel(db, model, principal))) return;
  throw notOwn(principal.jobId, `the logged model ${model.id}`);
}

/** A job owns what its runs logged; everybody else may change every model. */
export async function ownsModel(db: Db, model: Pick<LoggedModel, 'sourceRun'>, principal: Principal): Promise<boolean> {
  if (principal.kind !== 'job') return true;
  const run = model.sourceRun === null ? undefined : await findRunRow(db, model.sourceRun);
  return run?.job === principal.jobId;
}

export function notOwn(job: string, what: string) {
  return mlflowError(
    'PERMISSION_DENIED',
    `The token of the job ${job} may write to the runs of that job and what they logged, and ${what} is not among them.`,
  );
}
