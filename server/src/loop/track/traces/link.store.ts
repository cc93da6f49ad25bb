import type { Db, Trx } from '../../../database.ts';
import { WORKSPACE } from '../workspace.ts';

export interface TraceLinkTable {
  workspace: string;
  trace: string;
  kind: 'run' | 'prompt';
  /** Id of a run; `name/version` of a prompt. */
  target: string;
}

export interface TraceLinkTables {
  trace_links: TraceLinkTable;
}

/** A link that is there stays. */
export async function insertLinks(trx: Trx, links: readonly Omit<TraceLinkTable, 'workspace'>[]): Promise<void> {
  if (links.length === 0) return;
  const sorted = [...links].sort((a, b) => (`${a.trace} ${a.target}` < `${b.trace} ${b.target}` ? -1 : 1));
  await trx
    .insertInto('trace_links')
    .values(sorted.map((link) => ({ workspace: WORKSPACE, ...link })))
    .onConflict((conflict) => conflict.columns(['workspace', 'trace', 'kind', 'target']).doNothing())
    .execute();
}

/** When runs are gone for good. The traces stay. */
export async function purgeTraceLinks(trx: Trx, runs: readonly string[]): Promise<void> {
  if (runs.length === 0) return;
  await trx
    .deleteFrom('trace_links')
    .where('workspace', '=', WORKSPACE)
    .where('kind', '=', 'run')
    .where('target', 'in', [...runs])
    .execute();
}

/** Whether a run of this job is in the experiment. */
export async function hasRunOfJob(db: Db, experiment: number, job: string): Promise<boolean> {
  const row = await db
    .selectFrom('runs')
    .select('id')
    .where('workspace', '=', WORKSPACE)
    .where('experiment', '=', experiment)
    .where('job', '=', job)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
