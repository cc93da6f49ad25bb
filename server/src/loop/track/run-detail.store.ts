import type { Db } from '../../database.ts';
import { listInputs, listRunModels } from './input.store.ts';
import { toPoint } from './metric.store.ts';
import { findRunRow } from './run.store.ts';
import type { Run, RunDetail } from './run.ts';
import { WORKSPACE } from './workspace.ts';

/** Fewer than SQLite's 32,766 parameters of one statement. */
const RUNS_PER_QUERY = 1_000;

/** A run with params, tags, the latest metrics, inputs and outputs; deleted ones too. */
export async function findRun(db: Db, id: string): Promise<RunDetail | undefined> {
  const run = await findRunRow(db, id);
  return run && (await withDetails(db, [run]))[0];
}

/** Adds to each run all that is shown of it: a fixed number of queries per thousand runs. */
export async function withDetails(db: Db, runs: readonly Run[]): Promise<RunDetail[]> {
  const details: RunDetail[] = [];
  for (let from = 0; from < runs.length; from += RUNS_PER_QUERY) {
    details.push(...(await detailsOf(db, runs.slice(from, from + RUNS_PER_QUERY))));
  }
  return details;
}

async function detailsOf(db: Db, runs: readonly Run[]): Promise<RunDetail[]> {
  const ids = runs.map(({ id }) => id);
  const [metrics, params, tags, inputs, models] = await Promise.all([
    listLatest(db, ids),
    listPairs(db, 'run_params', ids),
    listPairs(db, 'run_tags', ids),
    listInputs(db, ids),
    listRunModels(db, ids),
  ]);
  return runs.map((run) => {
    const linked = models.get(run.id) ?? [];
    return {
      ...run,
      metrics: (metrics.get(run.id) ?? []).map(toPoint),
      params: (params.get(run.id) ?? []).map(({ key, value }) => ({ key, value })),
      tags: (tags.get(run.id) ?? []).map(({ key, value }) => ({ key, value })),
      inputs: inputs.get(run.id) ?? [],
      modelInputs: linked.filter(({ direction }) => direction === 'input').map(({ model }) => model),
      modelOutputs: linked
        .filter(({ direction }) => direction === 'output')
        .map(({ model, step }) => ({ model, step })),
    };
  });
}

async function listLatest(db: Db, runs: readonly string[]) {
  const rows = await db
    .selectFrom('run_metrics')
    .select(['run', 'key', 'timestamp', 'step', 'value', 'is_nan'])
    .where('workspace', '=', WORKSPACE)
    .where('run', 'in', [...runs])
    .orderBy('run')
    .orderBy('key')
    .execute();
  return Map.groupBy(rows, ({ run }) => run);
}

async function listPairs(db: Db, table: 'run_params' | 'run_tags', runs: readonly string[]) {
  const rows = await db
    .selectFrom(table)
    .select(['run', 'key', 'value'])
    .where('workspace', '=', WORKSPACE)
    .where('run', 'in', [...runs])
    .orderBy('run')
    .orderBy('key')
    .execute();
  return Map.groupBy(rows, ({ run }) => run);
}
