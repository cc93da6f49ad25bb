import type { Db } from '../../database.ts';

const WORKSPACE = 'default';

/** The newest window of each endpoint that is closed. */
export async function listNewestWindows(db: Db): Promise<{ endpoint: string; start: number; end: number }[]> {
  const rows = await db
    .selectFrom('monitor_windows')
    .select((of) => ['endpoint', of.fn.max('start').as('start'), of.fn.max('end_time').as('end')])
    .where('workspace', '=', WORKSPACE)
    .where('closed_at', 'is not', null)
    .groupBy('endpoint')
    .orderBy('endpoint')
    .execute();
  return rows.map(({ endpoint, start, end }) => ({ endpoint, start: Number(start), end: Number(end) }));
}

export async function countOpenAlerts(db: Db): Promise<{ endpoint: string; signal: string; alerts: number }[]> {
  const rows = await db
    .selectFrom('monitor_alerts')
    .select((of) => ['endpoint', 'signal', of.fn.countAll<number | string | bigint>().as('alerts')])
    .where('workspace', '=', WORKSPACE)
    .where('state', '=', 'open')
    .groupBy(['endpoint', 'signal'])
    .orderBy('endpoint')
    .orderBy('signal')
    .execute();
  return rows.map(({ endpoint, signal, alerts }) => ({ endpoint, signal, alerts: Number(alerts) }));
}

/** How far each feature of a window had moved; those without an effect are left out. */
export async function listDrift(
  db: Db,
  { endpoint, start }: { readonly endpoint: string; readonly start: number },
): Promise<{ feature: string; effect: number; pValue: number | null }[]> {
  const rows = await db
    .selectFrom('monitor_results')
    .select(['feature', 'effect', 'p_value as pValue'])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('start', '=', start)
    .where('test', '=', 'drift')
    .orderBy('feature')
    .execute();
  return rows.flatMap(({ effect, ...row }) => (effect === null ? [] : [{ ...row, effect }]));
}

/** Quality of the newest window that has any, JSON. */
export async function findNewestQuality(db: Db, endpoint: string): Promise<string | null> {
  const row = await db
    .selectFrom('monitor_quality')
    .select('quality')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('quality', 'is not', null)
    .orderBy('window_start', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.quality ?? null;
}
