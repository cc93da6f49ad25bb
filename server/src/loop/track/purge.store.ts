import { sql } from 'kysely';
import type { Db, Tables, Trx } from '../../database.ts';
import { purgeMetrics } from './metric.store.ts';
import { purgeTraceLinks, purgeTraces } from './traces/index.ts';
import { WORKSPACE } from './workspace.ts';

export interface ExperimentNumberTable {
  workspace: string;
  /** The highest number that an experiment had that is gone for good: none gets it again. */
  last: number;
}

export interface PurgeTables {
  experiment_numbers: ExperimentNumberTable;
}

export interface Selection<Id> {
  /** Null: all that qualify. */
  readonly ids: readonly Id[] | null;
  /** Deleted at this time or earlier, milliseconds since the epoch. */
  readonly until: number;
  readonly limit: number;
}

export interface Purgeable {
  readonly id: string;
  readonly artifactUri: string;
}

export async function selectDeletedExperiments(db: Db, { ids, until, limit }: Selection<number>) {
  if (ids?.length === 0) return [];
  return db
    .selectFrom('experiments')
    .select(['id', 'artifact_location as location'])
    .where('workspace', '=', WORKSPACE)
    .where('lifecycle', '=', 'deleted')
    .where('updated_at', '<=', until)
    .$if(ids !== null, (query) => query.where('id', 'in', [...(ids ?? [])]))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** A run is deleted when it was itself, or else when its experiment was. */
export async function selectDeletedRuns(db: Db, { ids, until, limit }: Selection<string>): Promise<Purgeable[]> {
  if (ids?.length === 0) return [];
  return db
    .selectFrom('runs as r')
    .innerJoin('experiments as e', (join) =>
      join.onRef('e.workspace', '=', 'r.workspace').onRef('e.id', '=', 'r.experiment'),
    )
    .select(['r.id', 'r.artifact_uri as artifactUri'])
    .where('r.workspace', '=', WORKSPACE)
    .where('r.lifecycle', '=', 'deleted')
    .where((eb) => eb.or([eb('e.lifecycle', '=', 'active'), eb('e.updated_at', '<=', until)]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('events as v')
            .select('v.seq')
            .where('v.workspace', '=', WORKSPACE)
            .where('v.subject', '=', sql<string>`'run:' || r.id`)
            .where('v.type', '=', 'run.deleted')
            .where('v.recorded_at', '>', until),
        ),
      ),
    )
    .$if(ids !== null, (query) => query.where('r.id', 'in', [...(ids ?? [])]))
    .orderBy('r.id')
    .limit(limit)
    .execute();
}

export async function selectDeletedModels(db: Db, { ids, until, limit }: Selection<string>): Promise<Purgeable[]> {
  if (ids?.length === 0) return [];
  return db
    .selectFrom('logged_models')
    .select(['id', 'artifact_uri as artifactUri'])
    .where('workspace', '=', WORKSPACE)
    .where('lifecycle', '=', 'deleted')
    .where('updated_at', '<=', until)
    .$if(ids !== null, (query) => query.where('id', 'in', [...(ids ?? [])]))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** What is in these experiments, deleted by itself or not. */
export function selectOfExperiments(
  db: Db,
  table: 'runs' | 'logged_models',
  experiments: readonly number[],
  limit: number,
): Promise<Purgeable[]> {
  if (experiments.length === 0) return Promise.resolve([]);
  return db
    .selectFrom(table)
    .select(['id', 'artifact_uri as artifactUri'])
    .where('workspace', '=', WORKSPACE)
    .where('experiment', 'in', [...experiments])
    .orderBy('id')
    .limit(limit)
    .execute();
}

const TABLES_OF_RUNS = ['run_params', 'run_tags', 'run_inputs', 'run_models', 'logged_model_metrics'] as const;
const TABLES_OF_MODELS = ['logged_model_params', 'logged_model_tags', 'logged_model_metrics', 'run_models'] as const;
const TABLES_OF_EXPERIMENTS = ['experiment_tags', 'input_datasets'] as const;

export async function purgeRuns(trx: Trx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await purgeMetrics(trx, ids);
  await purgeTraceLinks(trx, ids);
  for (const table of TABLES_OF_RUNS) await deleteRows(trx, { table, column: 'run', ids });
  await deleteRows(trx, { table: 'runs', column: 'id', ids });
}

export async function purgeModels(trx: Trx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  for (const table of TABLES_OF_MODELS) await deleteRows(trx, { table, column: 'model', ids });
  await deleteRows(trx, { table: 'logged_models', column: 'id', ids });
}

/** Of experiments whose runs and logged models are gone. */
export async function purgeExperiments(trx: Trx, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await purgeTraces(trx, ids);
  for (const table of TABLES_OF_EXPERIMENTS) await deleteRows(trx, { table, column: 'experiment', ids });
  await deleteRows(trx, { table: 'experiments', column: 'id', ids });
  const last = Math.max(...ids);
  await trx
    .insertInto('experiment_numbers')
    .values({ workspace: WORKSPACE, last })
    .onConflict((conflict) =>
      conflict.column('workspace').doUpdateSet({ last }).where('experiment_numbers.last', '<', last),
    )
    .execute();
}

interface Rows {
  readonly table: keyof Tables;
  readonly column: 'id' | 'run' | 'model' | 'experiment';
  readonly ids: readonly (string | number)[];
}

async function deleteRows(trx: Trx, { table, column, ids }: Rows): Promise<void> {
  await sql`delete from ${sql.table(table)}
    where workspace = ${WORKSPACE} and ${sql.ref(column)} in (${sql.join([...ids])})`.execute(trx);
}
