import type { Db, Trx } from '../../database.ts';

const WORKSPACE = 'default';

/** `provisional` until its labels are mature; then `final`, and whatever changes makes a revision. */
export type QualityState = 'provisional' | 'final';

/** Quality of the predictions of one window. */
export interface QualityTable {
  workspace: string;
  endpoint: string;
  /** Event time, milliseconds; the end is excluded. */
  window_start: number;
  window_end: number;
  state: QualityState;
  /** 0 until it is final, then 1, and one more for each revision. */
  revision: number;
  /** Grows with each change of predictions or labels; what is computed says up to which. */
  changes: number;
  computed_changes: number;
  /** Not to be computed again before this time of the server's clock, unless it may become final. */
  not_before: number;
  /** JSON; null: never computed. */
  quality: string | null;
  computed_at: number | null;
  matured_at: number | null;
}

export interface QualityTables {
  monitor_quality: QualityTable;
}

export type QualityRow = Omit<QualityTable, 'workspace'>;

/** Windows that begin then have changed. */
export async function markChanged(
  trx: Trx,
  endpoint: string,
  starts: readonly number[],
  windowMs: number,
): Promise<void> {
  const fresh = { state: 'provisional' as const, revision: 0, changes: 1, computed_changes: 0, not_before: 0 };
  for (const start of starts) {
    await trx
      .insertInto('monitor_quality')
      .values({
        ...{ workspace: WORKSPACE, endpoint, window_start: start, window_end: start + windowMs, ...fresh },
        ...{ quality: null, computed_at: null, matured_at: null },
      })
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'endpoint', 'window_start'])
          .doUpdateSet((set) => ({ changes: set('monitor_quality.changes', '+', 1) })),
      )
      .execute();
  }
}

/** Which of the windows that begin then are final. */
export async function listFinal(db: Db, endpoint: string, starts: readonly number[]): Promise<number[]> {
  if (starts.length === 0) return [];
  const rows = await windows(db, endpoint)
    .select('window_start')
    .where('state', '=', 'final')
    .where('window_start', 'in', [...starts])
    .execute();
  return rows.map(({ window_start }) => window_start);
}

/** Windows that changed since they were computed, or that are not final yet; oldest first. */
export function listUnsettled(db: Db, endpoint: string): Promise<QualityRow[]> {
  return windows(db, endpoint)
    .selectAll()
    .where((where) =>
      where.or([where('state', '=', 'provisional'), where('changes', '>', where.ref('computed_changes'))]),
    )
    .orderBy('window_start')
    .execute();
}

export interface QualityPage {
  readonly endpoint: string;
  /** Event time; only windows that begin before. */
  readonly before: number | null;
  readonly limit: number;
}

/** Newest first. */
export function listQuality(db: Db, { endpoint, before, limit }: QualityPage): Promise<QualityRow[]> {
  let query = windows(db, endpoint).selectAll();
  if (before !== null) query = query.where('window_start', '<', before);
  return query.orderBy('window_start', 'desc').limit(limit).execute();
}

const MOST_FINAL = 100;

/** The first final windows that begin in a range of event time, oldest first. */
export function listFinalQuality(
  db: Db,
  endpoint: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<QualityRow[]> {
  return windows(db, endpoint)
    .selectAll()
    .where('state', '=', 'final')
    .where('window_start', '>=', from)
    .where('window_start', '<', to)
    .orderBy('window_start')
    .limit(MOST_FINAL)
    .execute();
}

/** True when a window that begins later is final, too. */
export async function hasNewerFinal(db: Db, endpoint: string, start: number): Promise<boolean> {
  const newer = windows(db, endpoint)
    .select('window_start')
    .where('state', '=', 'final')
    .where('window_start', '>', start);
  return (await newer.limit(1).executeTakeFirst()) !== undefined;
}

export interface ComputedQuality {
  readonly endpoint: string;
  readonly start: number;
  /** State and revision that it had when it was read. */
  readonly was: Pick<QualityRow, 'state' | 'revision'>;
  readonly becomes: Pick<QualityRow, 'state' | 'revision' | 'matured_at'>;
  readonly computedChanges: number;
  readonly notBefore: number;
  readonly quality: string;
  readonly now: number;
}

/** False when somebody else moved the window on meanwhile. */
export async function writeQuality(trx: Trx, computed: ComputedQuality): Promise<boolean> {
  const { endpoint, start, was, becomes, computedChanges, notBefore, quality, now } = computed;
  const { numUpdatedRows } = await trx
    .updateTable('monitor_quality')
    .set({
      ...{ ...becomes, quality, computed_at: now },
      ...{ computed_changes: computedChanges, not_before: notBefore },
    })
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('window_start', '=', start)
    .where('state', '=', was.state)
    .where('revision', '=', was.revision)
    .where('computed_changes', '<=', computedChanges)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** End of the newest window up to which all that began before are final; null when there is none. */
export async function maturedUntil(db: Db, endpoint: string): Promise<number | null> {
  const open = await windows(db, endpoint)
    .select('window_start')
    .where('state', '=', 'provisional')
    .orderBy('window_start')
    .limit(1)
    .executeTakeFirst();
  let query = windows(db, endpoint).select('window_end').where('state', '=', 'final');
  if (open) query = query.where('window_start', '<', open.window_start);
  const newest = await query.orderBy('window_start', 'desc').limit(1).executeTakeFirst();
  return newest?.window_end ?? null;
}

/** Windows of another length than the monitor has now. */
export async function deleteOtherLengths(trx: Trx, endpoint: string, windowMs: number): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('monitor_quality')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where((where) => where(where('window_end', '-', where.ref('window_start')), '!=', windowMs))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export async function hasQuality(db: Db, endpoint: string): Promise<boolean> {
  return (await windows(db, endpoint).select('window_start').limit(1).executeTakeFirst()) !== undefined;
}

function windows(db: Db, endpoint: string) {
  return db.selectFrom('monitor_quality').where('workspace', '=', WORKSPACE).where('endpoint', '=', endpoint);
}
