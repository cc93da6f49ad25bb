import type { Db, Trx } from '../../database.ts';
import type { Experiment, ExperimentWithTags } from './experiment.ts';
import { type Lifecycle, type Pair, WORKSPACE } from './workspace.ts';

export interface ExperimentTable {
  workspace: string;
  id: number;
  name: string;
  artifact_location: string;
  lifecycle: Lifecycle;
  created_at: number;
  updated_at: number;
}

export interface ExperimentTables {
  experiments: ExperimentTable;
  experiment_tags: { workspace: string; experiment: number; key: string; value: string };
}

export async function findExperiment(db: Db, id: number): Promise<ExperimentWithTags | undefined> {
  const row = await experiments(db).where('id', '=', id).executeTakeFirst();
  return row && (await withTags(db, [toExperiment(row)]))[0];
}

/** Deleted ones too: their names stay taken. */
export async function findExperimentByName(db: Db, name: string): Promise<ExperimentWithTags | undefined> {
  const row = await experiments(db).where('name', '=', name).executeTakeFirst();
  return row && (await withTags(db, [toExperiment(row)]))[0];
}

/** Null when the name is taken, also by a deleted one. Replicas that insert at once get different ids. */
export async function insertExperiment(
  trx: Trx,
  given: { readonly name: string; readonly artifactLocation: string | ((id: number) => string); readonly now: number },
): Promise<number | null> {
  for (;;) {
    const id = await nextId(trx);
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('experiments')
      .values({
        workspace: WORKSPACE,
        id,
        name: given.name,
        artifact_location:
          typeof given.artifactLocation === 'string' ? given.artifactLocation : given.artifactLocation(id),
        lifecycle: 'active',
        created_at: given.now,
        updated_at: given.now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) return id;
    if (await experiments(trx).where('name', '=', given.name).executeTakeFirst()) return null;
  }
}

async function nextId(trx: Trx): Promise<number> {
  const { last } = await trx
    .selectFrom('experiments')
    .select((eb) => eb.fn.max('id').as('last'))
    .where('workspace', '=', WORKSPACE)
    .executeTakeFirstOrThrow();
  const purged = await trx
    .selectFrom('experiment_numbers')
    .select('last')
    .where('workspace', '=', WORKSPACE)
    .executeTakeFirst();
  return Math.max(Number(last ?? -1), purged?.last ?? -1) + 1;
}

export async function updateExperiment(
  trx: Trx,
  id: number,
  change: { readonly name?: string; readonly lifecycle?: Lifecycle; readonly now: number },
): Promise<void> {
  const { now, ...columns } = change;
  await trx
    .updateTable('experiments')
    .set({ ...columns, updated_at: now })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .execute();
}

/** Only while nothing was logged in it: what is there already stays where it is. */
export async function moveEmptyExperiment(db: Db, id: number, from: string, to: string): Promise<void> {
  await db
    .updateTable('experiments')
    .set({ artifact_location: to })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('artifact_location', '=', from)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('runs').select('runs.id').whereRef('experiment', '=', 'experiments.id'))),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('logged_models').select('logged_models.id').whereRef('experiment', '=', 'experiments.id'),
        ),
      ),
    )
    .execute();
}

export async function upsertExperimentTag(trx: Trx, experiment: number, { key, value }: Pair): Promise<void> {
  await trx
    .insertInto('experiment_tags')
    .values({ workspace: WORKSPACE, experiment, key, value })
    .onConflict((conflict) => conflict.columns(['workspace', 'experiment', 'key']).doUpdateSet({ value }))
    .execute();
}

/** False when there was none. */
export async function deleteExperimentTag(trx: Trx, experiment: number, key: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('experiment_tags')
    .where('workspace', '=', WORKSPACE)
    .where('experiment', '=', experiment)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function withTags(db: Db, found: readonly Experiment[]): Promise<ExperimentWithTags[]> {
  const ids = found.map(({ id }) => id);
  const rows: { experiment: number; key: string; value: string }[] = [];
  for (let from = 0; from < ids.length; from += 1_000) {
    const some = await db
      .selectFrom('experiment_tags')
      .select(['experiment', 'key', 'value'])
      .where('workspace', '=', WORKSPACE)
      .where('experiment', 'in', ids.slice(from, from + 1_000))
      .orderBy('key')
      .execute();
    rows.push(...some);
  }
  const tags = Map.groupBy(rows, ({ experiment }) => experiment);
  return found.map((one) => ({
    ...one,
    tags: (tags.get(one.id) ?? []).map(({ key, value }) => ({ key, value })),
  }));
}

export function toExperiment(row: Omit<ExperimentTable, 'workspace'>): Experiment {
  return {
    id: row.id,
    name: row.name,
    artifactLocation: row.artifact_location,
    lifecycle: row.lifecycle,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function experiments(db: Db) {
  return db.selectFrom('experiments').selectAll().where('workspace', '=', WORKSPACE);
}
