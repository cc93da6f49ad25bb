import type { Db, Trx } from '../../database.ts';
import type { Alert, AlertState } from './alert.ts';
import { WORKSPACE } from './monitor.ts';
import type { Signal } from './signal.ts';

export interface MonitorAlertTable {
  workspace: string;
  id: string;
  endpoint: string;
  signal: Signal;
  state: AlertState;
  /** JSON list. */
  features: string;
  version: string | null;
  summary: string;
  first_window: number;
  last_window: number;
  event: string;
  opened_at: number;
  ended_window: number | null;
  ended_at: number | null;
  ended_by: string | null;
  reason: string | null;
}

export interface MonitorAlertTables {
  monitor_alerts: MonitorAlertTable;
}

export async function findAlert(db: Db, id: string): Promise<Alert | undefined> {
  const row = await alerts(db).where('id', '=', id).executeTakeFirst();
  return row && toAlert(row);
}

export async function findOpenAlert(db: Db, endpoint: string, signal: Signal): Promise<Alert | undefined> {
  const row = await alerts(db)
    .where('endpoint', '=', endpoint)
    .where('signal', '=', signal)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return row && toAlert(row);
}

export interface AlertPage {
  readonly endpoint?: string | undefined;
  readonly signal?: Signal | undefined;
  readonly state?: AlertState | undefined;
  /** Id of the last one of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listAlerts(db: Db, { endpoint, signal, state, before, limit }: AlertPage): Promise<Alert[]> {
  let query = alerts(db);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  if (signal !== undefined) query = query.where('signal', '=', signal);
  if (state !== undefined) query = query.where('state', '=', state);
  if (before !== undefined) query = query.where('id', '<', before);
  return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toAlert);
}

/** How many of a signal were opened by windows that begin in [from, to). */
export async function countAlerts(
  db: Db,
  { endpoint, from, to }: { endpoint: string; from: number; to: number },
): Promise<Map<Signal, number>> {
  const rows = await db
    .selectFrom('monitor_alerts')
    .select((of) => ['signal', of.fn.countAll<number | string | bigint>().as('alerts')])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('first_window', '>=', from)
    .where('first_window', '<', to)
    .groupBy('signal')
    .execute();
  return new Map(rows.map(({ signal, alerts }) => [signal, Number(alerts)]));
}

export async function insertAlert(trx: Trx, alert: Alert): Promise<void> {
  await trx
    .insertInto('monitor_alerts')
    .values({
      ...{ workspace: WORKSPACE, id: alert.id, endpoint: alert.endpoint, signal: alert.signal, state: alert.state },
      ...{ features: JSON.stringify(alert.features), version: alert.version, summary: alert.summary },
      ...{ first_window: alert.firstWindow, last_window: alert.lastWindow, event: alert.event },
      ...{ opened_at: alert.openedAt, ended_window: alert.endedWindow, ended_at: alert.endedAt },
      ...{ ended_by: alert.endedBy, reason: alert.reason },
    })
    .execute();
}

export async function updateAlert(
  trx: Trx,
  id: string,
  change: { features: readonly string[]; summary: string; lastWindow: number },
): Promise<void> {
  await trx
    .updateTable('monitor_alerts')
    .set({ features: JSON.stringify(change.features), summary: change.summary, last_window: change.lastWindow })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .execute();
}

export interface AlertEnd {
  readonly state: Exclude<AlertState, 'open'>;
  readonly window: number | null;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** False when it was over already. */
export async function endAlert(trx: Trx, id: string, { state, window, at, by, reason }: AlertEnd): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('monitor_alerts')
    .set({ state, ended_window: window, ended_at: at, ended_by: by, reason })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function alerts(db: Db) {
  return db.selectFrom('monitor_alerts').selectAll().where('workspace', '=', WORKSPACE);
}

function toAlert(row: MonitorAlertTable): Alert {
  return {
    ...{ id: row.id, endpoint: row.endpoint, signal: row.signal, state: row.state },
    features: JSON.parse(row.features) as string[],
    ...{ version: row.version, summary: row.summary, firstWindow: row.first_window, lastWindow: row.last_window },
    ...{ event: row.event, openedAt: row.opened_at, endedWindow: row.ended_window, endedAt: row.ended_at },
    ...{ endedBy: row.ended_by, reason: row.reason },
  };
}
