import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './monitor.ts';
import type { Signal } from './signal.ts';
import type { TestState } from './statistics/index.ts';
import type { TestName, WindowResult } from './window-result.ts';

export interface MonitorResultTable {
  workspace: string;
  endpoint: string;
  start: number;
  signal: Signal;
  feature: string;
  test: TestName;
  state: TestState;
  p_value: number | null;
  alpha: number | null;
  effect: number | null;
  n: number;
  m: number;
  bins: number | null;
  method: string;
  /** JSON. */
  detail: string;
}

export interface MonitorResultTables {
  monitor_results: MonitorResultTable;
}

/** Rows per statement: databases bound the number of parameters. */
const ROWS_AT_ONCE = 100;

export async function insertResults(
  trx: Trx,
  endpoint: string,
  start: number,
  results: readonly WindowResult[],
): Promise<void> {
  const rows = results.map(({ pValue, detail, ...result }) => ({
    ...{ workspace: WORKSPACE, endpoint, start, ...result },
    ...{ p_value: finite(pValue), effect: finite(result.effect), detail: JSON.stringify(detail) },
  }));
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await trx
      .insertInto('monitor_results')
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .execute();
  }
}

/** Of one window, by signal, feature and test. */
export async function listResults(db: Db, endpoint: string, start: number): Promise<WindowResult[]> {
  const rows = await db
    .selectFrom('monitor_results')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('start', '=', start)
    .orderBy('signal')
    .orderBy('feature')
    .orderBy('test')
    .execute();
  return rows.map(({ p_value, alpha, detail, ...row }) => ({
    ...{ signal: row.signal, feature: row.feature, test: row.test, state: row.state, effect: row.effect },
    ...{ n: row.n, m: row.m, bins: row.bins, method: row.method, pValue: p_value, alpha: alpha ?? 0 },
    detail: JSON.parse(detail) as Record<string, unknown>,
  }));
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
