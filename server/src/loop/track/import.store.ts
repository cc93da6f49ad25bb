import type { Trx } from '../../database.ts';
import type { Experiment } from './experiment.ts';
import type { LoggedModel } from './logged-model.ts';
import type { Run } from './run.ts';
import { WORKSPACE } from './workspace.ts';

// Rows that another server made: their ids and times are given, and the same row again changes nothing.

/** False when the id or the name is taken. */
export async function insertGivenExperiment(trx: Trx, experiment: Experiment): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('experiments')
    .values({ workspace: WORKSPACE, id: experiment.id, ...experimentColumns(experiment) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function writeExperiment(trx: Trx, experiment: Experiment): Promise<void> {
  await trx
    .updateTable('experiments')
    .set(experimentColumns(experiment))
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', experiment.id)
    .execute();
}

/** The highest id of all experiments, deleted ones too. */
export async function lastExperimentId(trx: Trx): Promise<number> {
  const { last } = await trx
    .selectFrom('experiments')
    .select((eb) => eb.fn.max('id').as('last'))
    .where('workspace', '=', WORKSPACE)
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
}

/** Which job may write to it stays as it is. */
export async function upsertGivenRun(trx: Trx, run: Omit<Run, 'job'>): Promise<void> {
  const row = {
    experiment: run.experiment,
    name: run.name,
    user_id: run.user,
    status: run.status,
    lifecycle: run.lifecycle,
    start_time: run.startTime,
    end_time: run.endTime,
    artifact_uri: run.artifactUri,
  };
  await trx
    .insertInto('runs')
    .values({ workspace: WORKSPACE, id: run.id, job: null, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'id']).doUpdateSet(row))
    .execute();
}

/** Params of another server win: they are its record. Rows of one run. */
export async function upsertGivenParams(
  trx: Trx,
  run: string,
  params: readonly { readonly key: string; readonly value: string }[],
): Promise<void> {
  for (let from = 0; from < params.length; from += ROWS_AT_ONCE) {
    await trx
      .insertInto('run_params')
      .values(
        params.slice(from, from + ROWS_AT_ONCE).map(({ key, value }) => ({ workspace: WORKSPACE, run, key, value })),
      )
      .onConflict((conflict) =>
        conflict.columns(['workspace', 'run', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      )
      .execute();
  }
}

/** What is golden of it stays as it is. */
export async function upsertGivenModel(trx: Trx, model: Omit<LoggedModel, 'golden'>): Promise<void> {
  const row = {
    experiment: model.experiment,
    name: model.name,
    model_type: model.modelType,
    status: model.status,
    lifecycle: model.lifecycle,
    source_run: model.sourceRun,
    artifact_uri: model.artifactUri,
    created_at: model.createdAt,
    updated_at: model.updatedAt,
  };
  await trx
    .insertInto('logged_models')
    .values({ workspace: WORKSPACE, id: model.id, golden_origin: null, golden_sha256: null, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'id']).doUpdateSet(row))
    .execute();
}

/** Rows per statement: databases bound the number of parameters. */
const ROWS_AT_ONCE = 500;

function experimentColumns({ name, artifactLocation, lifecycle, createdAt, updatedAt }: Experiment) {
  return { name, artifact_location: artifactLocation, lifecycle, created_at: createdAt, updated_at: updatedAt };
}
