import type { Context } from '../../../context.ts';
import type { Db } from '../../../database.ts';
import type { Principal } from '../../../platform/auth/principal.ts';
import { invalidParameter, mlflowError } from '../mlflow-protocol/index.ts';
import { deleteAssessmentRow, findAssessment, setValidity, upsertAssessment } from './assessment.store.ts';
import type { Assessment, AssessmentError, AssessmentKind } from './assessment.ts';
import { requireOwnTrace } from './require-trace.ts';
import { findTraceRow } from './trace.store.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

/** One that replaces another takes its validity. @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED */
export async function createAssessment(
  { db }: Pick<Parts, 'db'>,
  given: Assessment,
  principal: Principal,
): Promise<void> {
  await db.transaction(async (trx) => {
    await db.lock(trx, `trace:${given.trace}`);
    await requireOwnTrace(trx, given.trace, principal);
    if (given.overrides !== null && !(await setValidity(trx, given.trace, given.overrides, false))) {
      throw noAssessment(given.trace, given.overrides);
    }
    if (await findAssessment(trx, given.trace, given.id)) {
      throw mlflowError('RESOURCE_CONFLICT', `There is an assessment with ID '${given.id}' already.`);
    }
    await upsertAssessment(trx, { ...given, valid: true });
  });
}

export interface AssessmentChange {
  readonly name?: string | undefined;
  readonly value?: { readonly kind: AssessmentKind; readonly json: string; readonly error: AssessmentError | null };
  readonly rationale?: string | undefined;
  /** Added to what is there. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Source and span never change. @throws RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE, PERMISSION_DENIED */
export async function updateAssessment(
  { db, clock }: Parts,
  { trace, id, change }: { trace: string; id: string; change: AssessmentChange },
  principal: Principal,
): Promise<Assessment> {
  return db.transaction(async (trx) => {
    await db.lock(trx, `trace:${trace}`);
    const before = await requireAssessment(trx, trace, id);
    await requireOwnTrace(trx, trace, principal);
    checkKind(before, change);
    const after: Assessment = {
      ...before,
      name: change.name ?? before.name,
      value: change.value?.json ?? before.value,
      error: change.value === undefined ? before.error : change.value.error,
      rationale: before.kind === 'expectation' ? before.rationale : (change.rationale ?? before.rationale),
      metadata: change.metadata === undefined ? before.metadata : { ...before.metadata, ...change.metadata },
      updatedAt: clock.now(),
    };
    await upsertAssessment(trx, after);
    return after;
  });
}

/** One that was replaced is valid again. Nothing happens when there is none. @throws PERMISSION_DENIED */
export async function deleteAssessment(
  { db }: Pick<Parts, 'db'>,
  { trace, id }: { trace: string; id: string },
  principal: Principal,
): Promise<void> {
  await db.transaction(async (trx) => {
    await db.lock(trx, `trace:${trace}`);
    const found = await findAssessment(trx, trace, id);
    if (!found) return;
    await requireOwnTrace(trx, trace, principal);
    if (found.overrides !== null) await setValidity(trx, trace, found.overrides, true);
    await deleteAssessmentRow(trx, trace, id);
  });
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function requireAssessment(db: Db, trace: string, id: string): Promise<Assessment> {
  const found = await findAssessment(db, trace, id);
  if (found) return found;
  if (await findTraceRow(db, trace)) throw noAssessment(trace, id);
  throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Trace with request_id '${trace.slice(0, 300)}' not found`);
}

function checkKind(before: Assessment, { value }: AssessmentChange): void {
  if (value === undefined || value.kind === before.kind) return;
  throw invalidParameter(
    value.kind === 'expectation'
      ? 'Cannot update expectation value on a Feedback assessment.'
      : 'Cannot update feedback value on an Expectation assessment.',
  );
}

function noAssessment(trace: string, id: string) {
  return mlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Assessment with ID '${id.slice(0, 300)}' not found for trace '${trace.slice(0, 300)}'`,
  );
}
