import type { Db, Trx } from '../../database.ts';
import type { TableProfiles } from '../../platform/parquet/table-profile.ts';
import { type DatasetVersion, type ProfileState, WORKSPACE } from './dataset.ts';

export interface DatasetTable {
  workspace: string;
  name: string;
  created_at: number;
  created_by: string;
}

export interface DatasetVersionTable {
  workspace: string;
  dataset: string;
  number: number;
  /** SHA-256 of the manifest; the manifest itself is a blob. */
  manifest: string;
  files: number;
  bytes: number;
  message: string | null;
  created_at: number;
  created_by: string;
}

/** One per manifest: datasets that hold the same files share it. */
export interface DatasetProfileTable {
  workspace: string;
  manifest: string;
  state: ProfileState;
  reason: string | null;
  row_count: number | null;
  /** JSON of {@link TableProfiles}. */
  profile: string | null;
}

export interface DatasetTables {
  datasets: DatasetTable;
  dataset_versions: DatasetVersionTable;
  dataset_profiles: DatasetProfileTable;
}

export interface DatasetSummary {
  readonly name: string;
  readonly versions: number;
  readonly latest: DatasetVersion;
}

/** The version of this dataset with this manifest, if it was pushed before. */
export async function findVersionByManifest(
  db: Db,
  name: string,
  manifest: string,
): Promise<DatasetVersion | undefined> {
  const row = await versions(db).where('v.dataset', '=', name).where('v.manifest', '=', manifest).executeTakeFirst();
  return row && toVersion(row);
}

/** `number` null: the latest. */
export async function findVersion(db: Db, name: string, number: number | null): Promise<DatasetVersion | undefined> {
  const query = versions(db).where('v.dataset', '=', name);
  const row = await (number === null
    ? query.orderBy('v.number', 'desc').limit(1)
    : query.where('v.number', '=', number)
  ).executeTakeFirst();
  return row && toVersion(row);
}

export async function datasetExists(db: Db, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('datasets')
    .select('name')
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined;
}

/** Newest first. */
export async function listVersions(
  db: Db,
  name: string,
  page: { readonly before: number | null; readonly limit: number },
): Promise<DatasetVersion[]> {
  const query = versions(db).where('v.dataset', '=', name).orderBy('v.number', 'desc').limit(page.limit);
  const rows = await (page.before === null ? query : query.where('v.number', '<', page.before)).execute();
  return rows.map(toVersion);
}

/** By name, each with its latest version. */
export async function listDatasets(
  db: Db,
  page: { readonly after: string; readonly limit: number },
): Promise<DatasetSummary[]> {
  const rows = await versions(db)
    .innerJoin(
      (eb) =>
        eb
          .selectFrom('dataset_versions')
          .select((s) => ['dataset as d', s.fn.max('number').as('newest'), s.fn.countAll<number>().as('versions')])
          .where('workspace', '=', WORKSPACE)
          .where('dataset', '>', page.after)
          .groupBy('dataset')
          .orderBy('dataset')
          .limit(page.limit)
          .as('l'),
      (join) => join.onRef('l.d', '=', 'v.dataset').onRef('l.newest', '=', 'v.number'),
    )
    .select('l.versions')
    .orderBy('v.dataset')
    .execute();
  return rows.map((row) => ({ name: row.dataset, versions: Number(row.versions), latest: toVersion(row) }));
}

/** Call under the lock of the dataset. Answers the number that it got. */
export async function insertVersion(
  trx: Trx,
  version: Omit<DatasetVersionTable, 'workspace' | 'number'>,
): Promise<number> {
  const { dataset: name, created_at, created_by } = version;
  await trx
    .insertInto('datasets')
    .values({ workspace: WORKSPACE, name, created_at, created_by })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doNothing())
    .execute();
  const { newest } = await trx
    .selectFrom('dataset_versions')
    .select((eb) => eb.fn.max('number').as('newest'))
    .where('workspace', '=', WORKSPACE)
    .where('dataset', '=', name)
    .executeTakeFirstOrThrow();
  const number = Number(newest ?? 0) + 1;
  await trx
    .insertInto('dataset_versions')
    .values({ workspace: WORKSPACE, ...version, number })
    .execute();
  return number;
}

/** Notes that a manifest waits for its profile; answers false when it has one, or had one started. */
export async function insertPendingProfile(trx: Trx, manifest: string): Promise<boolean> {
  const result = await trx
    .insertInto('dataset_profiles')
    .values({ workspace: WORKSPACE, manifest, state: 'pending', reason: null, row_count: null, profile: null })
    .onConflict((conflict) => conflict.columns(['workspace', 'manifest']).doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function updateProfile(
  trx: Trx,
  manifest: string,
  change: Partial<Pick<DatasetProfileTable, 'state' | 'reason' | 'row_count' | 'profile'>>,
): Promise<void> {
  await trx
    .updateTable('dataset_profiles')
    .set(change)
    .where('workspace', '=', WORKSPACE)
    .where('manifest', '=', manifest)
    .execute();
}

/** The tables of a version, once its profile is ready. */
export async function findProfile(db: Db, manifest: string): Promise<TableProfiles | null> {
  const row = await db
    .selectFrom('dataset_profiles')
    .select('profile')
    .where('workspace', '=', WORKSPACE)
    .where('manifest', '=', manifest)
    .executeTakeFirst();
  return row?.profile ? (JSON.parse(row.profile) as TableProfiles) : null;
}

/** Every dataset version with this manifest. */
export async function listVersionsOfManifest(db: Db, manifest: string): Promise<DatasetVersion[]> {
  return (await versions(db).where('v.manifest', '=', manifest).orderBy('v.dataset').execute()).map(toVersion);
}

/** Versions whose message names `text` as a whole word, like `endpoint:flights`. */
export async function listVersionsMentioning(db: Db, text: string): Promise<DatasetVersion[]> {
  const rows = await versions(db)
    .where('v.message', 'like', `%${text}%`)
    .orderBy('v.dataset')
    .orderBy('v.number')
    .execute();
  const isWord = ({ message }: { message: string | null }) =>
    (message ?? '').split(/[\s,;()]+/).some((word) => word.replace(/[.:]$/, '') === text);
  return rows.filter(isWord).map(toVersion);
}

function versions(db: Db) {
  return db
    .selectFrom('dataset_versions as v')
    .innerJoin('dataset_profiles as p', (join) =>
      join.onRef('p.workspace', '=', 'v.workspace').onRef('p.manifest', '=', 'v.manifest'),
    )
    .select(['v.dataset', 'v.number', 'v.manifest', 'v.files', 'v.bytes', 'v.message', 'v.created_at', 'v.created_by'])
    .select(['p.state', 'p.reason', 'p.row_count'])
    .where('v.workspace', '=', WORKSPACE);
}

type VersionRow = Omit<DatasetVersionTable, 'workspace'> & Pick<DatasetProfileTable, 'state' | 'reason' | 'row_count'>;

function toVersion(row: VersionRow): DatasetVersion {
  const { dataset: name, manifest: id, number, files, bytes, message, created_at, created_by } = row;
  const profile = { state: row.state, reason: row.reason };
  return { name, number, id, files, bytes, message, created_at, created_by, profile, rows: row.row_count };
}
