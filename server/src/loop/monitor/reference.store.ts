import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './monitor.ts';
import type { Signal } from './signal.ts';
import type { Profile } from './statistics/feature-profile.ts';

export type ReferencePart = 'features' | 'prediction';

/** What windows are compared with while a version holds stable traffic. */
export interface MonitorReferenceTable {
  workspace: string;
  endpoint: string;
  /** `version:flights/3`; `none` while no version holds stable traffic. */
  version: string;
  /** `dataset:flights@2`; null: the endpoint's own windows from `own_from` on. */
  features_from: string | null;
  /** `run:ID`; null: as above. */
  prediction_from: string | null;
  /** Event time; null: from the first window on. */
  own_from: number | null;
  /** JSON list of sentences: why it is not what one hoped for. */
  notes: string;
  built_at: number;
}

export interface MonitorReferenceWindowTable {
  workspace: string;
  endpoint: string;
  version: string;
  part: ReferencePart;
  start: number;
  /** JSON of a profile. */
  profile: string;
  /** JSON of metrics; null: no labels were with it. */
  quality: string | null;
}

/** A feature whose alarm was acknowledged: its reference are the endpoint's own windows from then on. */
export interface MonitorNewNormalTable {
  workspace: string;
  endpoint: string;
  signal: Signal;
  /** '' for a signal without features. */
  feature: string;
  own_from: number;
  /** Id of the alert. */
  alert: string;
}

export interface MonitorReferenceTables {
  monitor_references: MonitorReferenceTable;
  monitor_reference_windows: MonitorReferenceWindowTable;
  monitor_new_normals: MonitorNewNormalTable;
}

export type ReferenceRow = Omit<MonitorReferenceTable, 'workspace'>;

export async function findReference(db: Db, endpoint: string, version: string): Promise<ReferenceRow | undefined> {
  return db
    .selectFrom('monitor_references')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('version', '=', version)
    .executeTakeFirst();
}

export async function hasReference(db: Db, endpoint: string): Promise<boolean> {
  const row = await db
    .selectFrom('monitor_references')
    .select('version')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface ReferenceWindow {
  readonly part: ReferencePart;
  readonly start: number;
  readonly profile: Profile;
  /** JSON-able; null: there were no labels. */
  readonly quality: unknown;
}

/** Replaces what there was for this version. */
export async function writeReference(
  trx: Trx,
  reference: ReferenceRow,
  windows: readonly ReferenceWindow[],
): Promise<void> {
  const { endpoint, version, ...columns } = reference;
  const key = { workspace: WORKSPACE, endpoint, version };
  await trx
    .insertInto('monitor_references')
    .values({ ...key, ...columns })
    .onConflict((conflict) => conflict.columns(['workspace', 'endpoint', 'version']).doUpdateSet(columns))
    .execute();
  await trx
    .deleteFrom('monitor_reference_windows')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('version', '=', version)
    .execute();
  for (const { part, start, profile, quality } of windows) {
    const said = { profile: JSON.stringify(profile), quality: quality === null ? null : JSON.stringify(quality) };
    await trx
      .insertInto('monitor_reference_windows')
      .values({ ...key, part, start, ...said })
      .execute();
  }
}

/** Oldest first. */
export async function listReferenceWindows(
  db: Db,
  { endpoint, version, part }: { endpoint: string; version: string; part: ReferencePart },
): Promise<ReferenceWindow[]> {
  const rows = await db
    .selectFrom('monitor_reference_windows')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('version', '=', version)
    .where('part', '=', part)
    .orderBy('start')
    .execute();
  return rows.map(({ start, profile, quality }) => ({
    ...{ part, start, profile: JSON.parse(profile) as Profile },
    quality: quality === null ? null : (JSON.parse(quality) as unknown),
  }));
}

export type NewNormal = Omit<MonitorNewNormalTable, 'workspace'>;

export async function listNewNormals(db: Db, endpoint: string): Promise<NewNormal[]> {
  return db
    .selectFrom('monitor_new_normals')
    .select(['endpoint', 'signal', 'feature', 'own_from', 'alert'])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .execute();
}

export async function writeNewNormal(trx: Trx, { own_from, alert, ...key }: NewNormal): Promise<void> {
  await trx
    .insertInto('monitor_new_normals')
    .values({ workspace: WORKSPACE, ...key, own_from, alert })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'endpoint', 'signal', 'feature']).doUpdateSet({ own_from, alert }),
    )
    .execute();
}

/** What was acknowledged is forgotten for these signals. */
export async function deleteNewNormals(trx: Trx, endpoint: string, signals: readonly Signal[]): Promise<void> {
  await trx
    .deleteFrom('monitor_new_normals')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('signal', 'in', [...signals])
    .execute();
}

export async function deleteReferences(trx: Trx, endpoint: string): Promise<void> {
  for (const table of ['monitor_references', 'monitor_reference_windows', 'monitor_new_normals'] as const) {
    await trx.deleteFrom(table).where('workspace', '=', WORKSPACE).where('endpoint', '=', endpoint).execute();
  }
}
