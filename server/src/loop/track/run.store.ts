import type { Db, Tables, Trx } from '../../database.ts';
import { preparedQuery } from '../../platform/db/prepared-query.ts';
import type { Run, RunStatus } from './run.ts';
import { type Lifecycle, type Pair, WORKSPACE } from './workspace.ts';

export interface RunTable {
  workspace: string;
  id: string;
  experiment: number;
  name: string;
  user_id: string;
  status: RunStatus;
  lifecycle: Lifecycle;
  start_time: number | null;
  end_time: number | null;
  artifact_uri: string;
  job: string | null;
}

export interface RunPairTable {
  workspace: string;
  run: string;
  key: string;
  value: string;
}

export interface RunTables {
  runs: RunTable;
  run_tags: RunPairTable;
  run_params: RunPairTable;
}

const selectRun = preparedQuery<Tables, { id: string }, RunTable>((db, p) =>
  db.selectFrom('runs').selectAll().where('workspace', '=', WORKSPACE).where('id', '=', p.id),
);

export async function findRunRow(db: Db, id: string): Promise<Run | undefined> {
  const { rows } = await selectRun(db, { id });
  return rows[0] && toRun(rows[0]);
}

export async function insertRun(trx: Trx, run: Run): Promise<void> {
  await trx
    .insertInto('runs')
    .values({
      workspace: WORKSPACE,
      id: run.id,
      experiment: run.experiment,
      name: run.name,
      user_id: run.user,
      status: run.status,
      lifecycle: run.lifecycle,
      start_time: run.startTime,
      end_time: run.endTime,
      artifact_uri: run.artifactUri,
      job: run.job,
    })
    .execute();
}

export async function updateRun(
  trx: Trx,
  id: string,
  change: Partial<Pick<RunTable, 'name' | 'status' | 'end_time' | 'lifecycle'>>,
): Promise<void> {
  await trx.updateTable('runs').set(change).where('workspace', '=', WORKSPACE).where('id', '=', id).execute();
}

/** All runs of an experiment share its fate. */
export async function setLifecycleOfRuns(trx: Trx, experiment: number, lifecycle: Lifecycle): Promise<void> {
  await trx
    .updateTable('runs')
    .set({ lifecycle })
    .where('workspace', '=', WORKSPACE)
    .where('experiment', '=', experiment)
    .execute();
}

const upsertTag = preparedQuery<Tables, { run: string; key: string; value: string }>((db, p) =>
  db
    .insertInto('run_tags')
    .values({ workspace: WORKSPACE, run: p.run, key: p.key, value: p.value })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'run', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    ),
);

/** Sorted, so that two writers of the same tags wait for each other in one order. */
export async function upsertRunTags(trx: Trx, run: string, tags: readonly Pair[]): Promise<void> {
  for (const { key, value } of sorted(tags)) await upsertTag(trx, { run, key, value });
}

/** False when there was none. */
export async function deleteRunTag(trx: Trx, run: string, key: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('run_tags')
    .where('workspace', '=', WORKSPACE)
    .where('run', '=', run)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function findRunTag(db: Db, run: string, key: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('run_tags')
    .select('value')
    .where('workspace', '=', WORKSPACE)
    .where('run', '=', run)
    .where('key', '=', key)
    .executeTakeFirst();
  return row?.value;
}

const insertParam = preparedQuery<Tables, { run: string; key: string; value: string }>((db, p) =>
  db
    .insertInto('run_params')
    .values({ workspace: WORKSPACE, run: p.run, key: p.key, value: p.value })
    .onConflict((conflict) => conflict.columns(['workspace', 'run', 'key']).doNothing()),
);

/** Params never change: answers the stored value of those that were there already, by key. */
export async function insertParams(trx: Trx, run: string, params: readonly Pair[]): Promise<Map<string, string>> {
  const present: string[] = [];
  for (const { key, value } of sorted(params)) {
    const { numAffectedRows } = await insertParam(trx, { run, key, value });
    if (numAffectedRows === 0n) present.push(key);
  }
  if (present.length === 0) return new Map();
  const rows = await trx
    .selectFrom('run_params')
    .select(['key', 'value'])
    .where('workspace', '=', WORKSPACE)
    .where('run', '=', run)
    .where('key', 'in', present)
    .execute();
  return new Map(rows.map(({ key, value }) => [key, value]));
}

export function toRun(row: Omit<RunTable, 'workspace'>): Run {
  return {
    id: row.id,
    experiment: row.experiment,
    name: row.name,
    user: row.user_id,
    status: row.status,
    lifecycle: row.lifecycle,
    startTime: row.start_time,
    endTime: row.end_time,
    artifactUri: row.artifact_uri,
    job: row.job,
  };
}

export function sorted<T extends { readonly key: string }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
