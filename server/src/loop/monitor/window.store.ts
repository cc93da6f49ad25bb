import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './monitor.ts';
import { addWindowProfiles, type WindowProfile } from './window-profile.ts';

/** `open` takes rows and is not judged yet; `closed` was judged; `no_data` was passed with no rows in it. */
export type WindowState = 'open' | 'closed' | 'no_data';

export interface MonitorWindowTable {
  workspace: string;
  endpoint: string;
  /** Event time, milliseconds; the end is excluded. */
  start: number;
  end_time: number;
  state: WindowState;
  row_count: number;
  /** Rows that came after it was closed; its verdict stays. */
  late: number;
  /** Version whose reference it was compared with. */
  version: string | null;
  /** JSON: signal → features that alarm. */
  alarms: string;
  note: string | null;
  closed_at: number | null;
}

export interface MonitorProfileTable {
  workspace: string;
  endpoint: string;
  start: number;
  version: string;
  /** JSON of a {@link WindowProfile}. */
  profile: string;
}

export interface MonitorWindowTables {
  monitor_windows: MonitorWindowTable;
  monitor_profiles: MonitorProfileTable;
}

export type WindowRow = Omit<MonitorWindowTable, 'workspace'>;

export interface FoldedWindow {
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  /** Whether it was closed before these rows came. */
  readonly late: boolean;
  /** By version. */
  readonly profiles: ReadonlyMap<string, WindowProfile>;
}

/** Adds rows to a window and to its profiles. */
export async function foldWindow(trx: Trx, endpoint: string, { start, end, rows, late, profiles }: FoldedWindow) {
  await trx
    .insertInto('monitor_windows')
    .values({
      ...{ workspace: WORKSPACE, endpoint, start, end_time: end, state: late ? 'no_data' : 'open' },
      ...{ row_count: rows, late: late ? rows : 0, version: null, alarms: '{}', note: null, closed_at: null },
    })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'endpoint', 'start']).doUpdateSet((set) => ({
        row_count: set('monitor_windows.row_count', '+', rows),
        late: set('monitor_windows.late', '+', late ? rows : 0),
      })),
    )
    .execute();
  for (const [version, profile] of profiles) await addToProfile(trx, { endpoint, start, version }, profile);
}

async function addToProfile(
  trx: Trx,
  key: { endpoint: string; start: number; version: string },
  profile: WindowProfile,
): Promise<void> {
  const present = await profilesOf(trx, key.endpoint)
    .select('profile')
    .where('start', '=', key.start)
    .where('version', '=', key.version)
    .executeTakeFirst();
  const sum = present ? addWindowProfiles(JSON.parse(present.profile) as WindowProfile, profile) : profile;
  await trx
    .insertInto('monitor_profiles')
    .values({ workspace: WORKSPACE, ...key, profile: JSON.stringify(sum) })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'endpoint', 'start', 'version']).doUpdateSet({ profile: JSON.stringify(sum) }),
    )
    .execute();
}

/** By version. */
export async function findProfiles(db: Db, endpoint: string, start: number): Promise<Map<string, WindowProfile>> {
  const rows = await profilesOf(db, endpoint).select(['version', 'profile']).where('start', '=', start).execute();
  return new Map(rows.map(({ version, profile }) => [version, JSON.parse(profile) as WindowProfile]));
}

export async function findWindow(db: Db, endpoint: string, start: number): Promise<WindowRow | undefined> {
  return windows(db, endpoint).selectAll().where('start', '=', start).executeTakeFirst();
}

/** The oldest that is open. */
export async function findOpenWindow(db: Db, endpoint: string): Promise<WindowRow | undefined> {
  return windows(db, endpoint).selectAll().where('state', '=', 'open').orderBy('start').limit(1).executeTakeFirst();
}

export interface WindowPage {
  readonly endpoint: string;
  /** Event time; only windows that begin before. */
  readonly before?: number | null;
  readonly limit: number;
}

/** Newest first. */
export async function listWindows(db: Db, { endpoint, before = null, limit }: WindowPage): Promise<WindowRow[]> {
  let query = windows(db, endpoint).selectAll();
  if (before !== null) query = query.where('start', '<', before);
  return query.orderBy('start', 'desc').limit(limit).execute();
}

/** Judged ones that begin in [from, before), oldest first. */
export async function listClosedWindows(
  db: Db,
  endpoint: string,
  { from, before, limit, newest = false }: { from: number; before: number; limit: number; newest?: boolean },
): Promise<WindowRow[]> {
  const rows = await windows(db, endpoint)
    .selectAll()
    .where('state', '=', 'closed')
    .where('start', '>=', from)
    .where('start', '<', before)
    .orderBy('start', newest ? 'desc' : 'asc')
    .limit(limit)
    .execute();
  return newest ? rows.reverse() : rows;
}

export type ClosedWindow = Pick<WindowRow, 'version' | 'alarms' | 'note'> & { readonly closed_at: number };

/** False when somebody else closed it. */
export async function closeWindow(trx: Trx, endpoint: string, start: number, closed: ClosedWindow): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('monitor_windows')
    .set({ ...closed, state: 'closed' })
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('start', '=', start)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Windows that were passed without a row. */
export async function insertEmptyWindows(
  trx: Trx,
  endpoint: string,
  windows: readonly { start: number; end: number }[],
  now: number,
): Promise<void> {
  if (windows.length === 0) return;
  await trx
    .insertInto('monitor_windows')
    .values(
      windows.map(({ start, end }) => ({
        ...{ workspace: WORKSPACE, endpoint, start, end_time: end, state: 'no_data' as const },
        ...{ row_count: 0, late: 0, version: null, alarms: '{}', note: null, closed_at: now },
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function deleteWindows(trx: Trx, endpoint: string): Promise<void> {
  for (const table of ['monitor_windows', 'monitor_profiles', 'monitor_results'] as const) {
    await trx.deleteFrom(table).where('workspace', '=', WORKSPACE).where('endpoint', '=', endpoint).execute();
  }
}

function windows(db: Db, endpoint: string) {
  return db.selectFrom('monitor_windows').where('workspace', '=', WORKSPACE).where('endpoint', '=', endpoint);
}

function profilesOf(db: Db, endpoint: string) {
  return db.selectFrom('monitor_profiles').where('workspace', '=', WORKSPACE).where('endpoint', '=', endpoint);
}
