import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { Principal } from '../../platform/auth/principal.ts';
import { findActiveModels, upsertModelMetrics } from './logged-model.store.ts';
import { insertMetrics, lockOfRun } from './metric.store.ts';
import { invalidParameter, mlflowError, pythonList, pythonText } from './mlflow-protocol/index.ts';
import { requireWritableRun } from './require-run.ts';
import { insertParams, updateRun, upsertRunTags } from './run.store.ts';
import { JOB_TAG, NAME_TAG, type Point, type Run } from './run.ts';
import type { Pair } from './workspace.ts';

export interface LoggedPoint extends Point {
  /** The logged model that was measured, and on which dataset. */
  readonly model: string | null;
  readonly datasetName: string | null;
  readonly datasetDigest: string | null;
}

export interface Batch {
  readonly metrics: readonly LoggedPoint[];
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  /** Not a batch at all: a param that would change is refused in other words. */
  readonly single?: boolean;
}

/** Logs all of it or nothing; what was logged before and is the same changes nothing. @throws INVALID_PARAMETER_VALUE */
export async function logBatch(
  { db }: Pick<Context, 'db'>,
  { run: id, principal, batch }: { run: string; principal: Principal; batch: Batch },
): Promise<void> {
  refuseDuplicates(batch.params);
  await db.transaction(async (trx) => {
    // First of all, so that whoever has it waits for no param or tag of the run that another has.
    if (batch.metrics.length > 0) await db.lock(trx, lockOfRun(id));
    const run = await requireWritableRun(trx, id, principal);
    if (batch.params.length > 0) await logParams(trx, run, batch);
    if (batch.metrics.length > 0) await logMetrics(trx, run, batch.metrics);
    if (batch.tags.length > 0) await setRunTags(trx, run, batch.tags);
  });
}

async function logMetrics(trx: Trx, run: Run, points: readonly LoggedPoint[]): Promise<void> {
  await insertMetrics(
    trx,
    run.id,
    points.map(({ key, value, timestamp, step }) => ({ key, value, timestamp, step })),
  );
  const measured = points.flatMap(({ model, ...point }) => (model === null ? [] : [{ ...point, model, run: run.id }]));
  if (measured.length === 0) return;
  const ids = [...new Set(measured.map(({ model }) => model))];
  const known = await findActiveModels(trx, ids);
  const unknown = ids.find((model) => !known.has(model));
  if (unknown !== undefined) {
    throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${unknown.slice(0, 300)}' not found.`);
  }
  await upsertModelMetrics(trx, measured);
}

/** Params never change. @throws INVALID_PARAMETER_VALUE naming each param that would */
async function logParams(trx: Trx, run: Run, { params, single }: Batch): Promise<void> {
  const present = await insertParams(trx, run.id, params);
  const changed = params.flatMap(({ key, value }) => {
    const old = present.get(key);
    return old === undefined || old === value ? [] : [{ key, old, value }];
  });
  const [first] = changed;
  if (first === undefined) return;
  if (single === true) {
    throw invalidParameter(
      `Changing param values is not allowed. Param with key='${first.key}' was already logged with value='${first.old}' ` +
        `for run ID='${run.id}'. Attempted logging new value '${first.value}'.`,
    );
  }
  const shown = changed.map(
    ({ key, old, value }) =>
      `{'key': ${pythonText(key)}, 'old_value': ${pythonText(old)}, 'new_value': ${pythonText(value)}}`,
  );
  throw invalidParameter(
    `Changing param values is not allowed. Params were already logged='[${shown.join(', ')}]' for run ID='${run.id}'.`,
  );
}

/** Also renames the run. @throws INVALID_PARAMETER_VALUE for the tag that says whose run it is */
export async function setRunTags(trx: Trx, run: Run, tags: readonly Pair[]): Promise<void> {
  const latest = new Map(tags.map(({ key, value }) => [key, value]));
  const job = latest.get(JOB_TAG);
  if (job !== undefined && job !== run.job) throw fixedTag();
  const name = latest.get(NAME_TAG);
  if (name) await updateRun(trx, run.id, { name });
  await upsertRunTags(
    trx,
    run.id,
    [...latest].map(([key, value]) => ({ key, value })),
  );
}

export function fixedTag() {
  return invalidParameter(`The tag '${JOB_TAG}' is set when a run is made, and cannot be changed.`);
}

function refuseDuplicates(params: readonly Pair[]): void {
  const keys = params.map(({ key }) => key);
  const twice = keys.filter((key, i) => keys.indexOf(key) !== i);
  if (twice.length === 0) return;
  throw invalidParameter(
    `Duplicate parameter keys have been submitted: ${pythonList(twice)}. Please ensure the request contains only one param value per param key.`,
  );
}
