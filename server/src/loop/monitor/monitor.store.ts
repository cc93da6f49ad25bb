import type { Db, Trx } from '../../database.ts';
import { declarationOf, type Monitor, type MonitorDeclaration, WORKSPACE } from './monitor.ts';

export interface MonitorTable {
  workspace: string;
  endpoint: string;
  id: string;
  revision: number;
  /** JSON. */
  declaration: string;
  /** JSON; how features are counted, fixed with the first reference; null until then. */
  binnings: string | null;
  /** Newest plausible event time of what was counted. */
  watermark: number | null;
  /** End of the newest closed window. */
  closed_until: number | null;
  /** Rows whose event time lies too far after their receipt. */
  implausible: number;
  /** Rows that came after their window was closed. */
  late: number;
  /** What hinders it at the moment, for people. */
  problem: string | null;
  changed_at: number;
  changed_by: string;
}

export interface MonitorTables {
  monitors: MonitorTable;
}

export type MonitorProgress = Pick<MonitorTable, 'watermark' | 'closed_until' | 'implausible' | 'late' | 'problem'>;

export async function findMonitor(db: Db, endpoint: string): Promise<Monitor | undefined> {
  const row = await monitors(db).where('endpoint', '=', endpoint).executeTakeFirst();
  return row && toMonitor(row);
}

/** By endpoint; `after` is the last endpoint of the page before. */
export async function listMonitors(db: Db, page?: { after: string | null; limit: number }): Promise<Monitor[]> {
  let query = monitors(db).orderBy('endpoint');
  if (page) query = query.limit(page.limit);
  if (page && page.after !== null) query = query.where('endpoint', '>', page.after);
  return (await query.execute()).map(toMonitor);
}

export async function findProgress(db: Db, endpoint: string): Promise<MonitorProgress | undefined> {
  return db
    .selectFrom('monitors')
    .select(['watermark', 'closed_until', 'implausible', 'late', 'problem'])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .executeTakeFirst();
}

/** Up to which event time the endpoint has been seen; null: nothing was counted yet, or it has no monitor. */
export async function watermarkOf(db: Db, endpoint: string): Promise<number | null> {
  return (await findProgress(db, endpoint))?.watermark ?? null;
}

/** Keeps what was counted so far when there is a row; `writeProgress` and `deleteWindows` begin anew. */
export async function writeMonitor(trx: Trx, monitor: Monitor): Promise<void> {
  const { endpoint, id, revision, changedAt, changedBy } = monitor;
  const declaration = JSON.stringify(declarationOf(monitor));
  const row = { id, revision, declaration, changed_at: changedAt, changed_by: changedBy };
  const fresh = { binnings: null, watermark: null, closed_until: null, implausible: 0, late: 0, problem: null };
  await trx
    .insertInto('monitors')
    .values({ workspace: WORKSPACE, endpoint, ...row, ...fresh })
    .onConflict((conflict) => conflict.columns(['workspace', 'endpoint']).doUpdateSet(row))
    .execute();
}

export async function writeProgress(
  trx: Trx,
  endpoint: string,
  change: Partial<Omit<MonitorTable, 'workspace' | 'endpoint'>>,
): Promise<void> {
  await trx
    .updateTable('monitors')
    .set(change)
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .execute();
}

/** False when there was none. */
export async function deleteMonitor(trx: Trx, endpoint: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('monitors')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** JSON of the binnings; null until there is a reference. */
export async function findBinnings(db: Db, endpoint: string): Promise<string | null> {
  const row = await db
    .selectFrom('monitors')
    .select('binnings')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .executeTakeFirst();
  return row?.binnings ?? null;
}

function monitors(db: Db) {
  return db
    .selectFrom('monitors')
    .select(['endpoint', 'id', 'revision', 'declaration', 'changed_at', 'changed_by'])
    .where('workspace', '=', WORKSPACE);
}

function toMonitor(
  row: Pick<MonitorTable, 'endpoint' | 'id' | 'revision' | 'declaration' | 'changed_at' | 'changed_by'>,
): Monitor {
  return {
    ...(JSON.parse(row.declaration) as MonitorDeclaration),
    endpoint: row.endpoint,
    id: row.id,
    revision: row.revision,
    changedAt: row.changed_at,
    changedBy: row.changed_by,
  };
}
