import type { Db, Trx } from '../../database.ts';
import { listAliases } from './alias.store.ts';
import { type ModelVersion, type Stage, type Tags, type VersionKey, WORKSPACE } from './model.ts';

export interface ModelVersionTable {
  workspace: string;
  model: string;
  number: number;
  source: string;
  location: string;
  model_id: string | null;
  run: string | null;
  run_link: string | null;
  description: string | null;
  stage: Stage;
  created_at: number;
  created_by: string;
  updated_at: number;
}

export interface ModelVersionTagTable {
  workspace: string;
  model: string;
  number: number;
  key: string;
  value: string;
}

export interface ModelVersionTables {
  model_versions: ModelVersionTable;
  model_version_tags: ModelVersionTagTable;
}

export type NewVersion = Omit<ModelVersion, 'stage' | 'updatedAt' | 'aliases'>;

/** Names per query: databases bound the number of parameters. */
const NAMES_AT_ONCE = 500;

/** Call under the lock of the model, with a number of `takeNumber`. */
export async function insertVersion(trx: Trx, version: NewVersion): Promise<void> {
  await trx
    .insertInto('model_versions')
    .values({
      workspace: WORKSPACE,
      model: version.name,
      number: version.number,
      source: version.source,
      location: version.location,
      model_id: version.modelId,
      run: version.run,
      run_link: version.runLink,
      description: version.description,
      stage: 'None',
      created_at: version.createdAt,
      created_by: version.createdBy,
      updated_at: version.createdAt,
    })
    .execute();
  for (const [key, value] of Object.entries(version.tags)) await setVersionTag(trx, version, key, value);
}

export async function findVersion(db: Db, { name, number }: VersionKey): Promise<ModelVersion | undefined> {
  const row = await versions(db).where('model', '=', name).where('number', '=', number).executeTakeFirst();
  return row && (await completeVersions(db, [row]))[0];
}

/** The one with the highest number. */
export async function findLatestVersion(db: Db, name: string): Promise<ModelVersion | undefined> {
  const row = await versions(db).where('model', '=', name).orderBy('number', 'desc').limit(1).executeTakeFirst();
  return row && (await completeVersions(db, [row]))[0];
}

/** The first version of this name that is this logged model. */
export async function findVersionOfLoggedModel(
  db: Db,
  name: string,
  modelId: string,
): Promise<ModelVersion | undefined> {
  const row = await versions(db)
    .where('model', '=', name)
    .where('model_id', '=', modelId)
    .orderBy('number')
    .limit(1)
    .executeTakeFirst();
  return row && (await completeVersions(db, [row]))[0];
}

/** Newest first; `before` is the last number of the page before. */
export async function listVersions(
  db: Db,
  name: string,
  page: { readonly before: number | null; readonly limit: number },
): Promise<ModelVersion[]> {
  const query = versions(db).where('model', '=', name).orderBy('number', 'desc').limit(page.limit);
  return completeVersions(db, await (page.before === null ? query : query.where('number', '<', page.before)).execute());
}

/** Every version that is this logged model, under whatever name. */
export async function listVersionsOfLoggedModel(db: Db, modelId: string): Promise<ModelVersion[]> {
  const rows = await versions(db).where('model_id', '=', modelId).orderBy('model').orderBy('number').execute();
  return completeVersions(db, rows);
}

/** Every version that this run logged. */
export async function listVersionsOfRun(db: Db, run: string): Promise<ModelVersion[]> {
  const rows = await versions(db).where('run', '=', run).orderBy('model').orderBy('number').execute();
  return completeVersions(db, rows);
}

/** The newest version of each stage that a model has, by name and number. */
export function listNewestPerStage(db: Db, names: readonly string[]): Promise<ModelVersion[]> {
  return newestOf(db, names, ['model', 'stage']);
}

/** The newest version of each of these models that has one, by name. */
export function listNewest(db: Db, names: readonly string[]): Promise<ModelVersion[]> {
  return newestOf(db, names, ['model']);
}

/** How many versions each of these models has. */
export async function countVersions(db: Db, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom('model_versions')
    .select((eb) => ['model', eb.fn.countAll<number>().as('count')])
    .where('workspace', '=', WORKSPACE)
    .where('model', 'in', [...names])
    .groupBy('model')
    .execute();
  return new Map(rows.map(({ model, count }) => [model, Number(count)]));
}

export type VersionChange = Partial<Pick<ModelVersionTable, 'description' | 'stage' | 'updated_at'>>;

/** False when there is no such version. */
export async function updateVersion(trx: Trx, { name, number }: VersionKey, change: VersionChange): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('model_versions')
    .set(change)
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', name)
    .where('number', '=', number)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Moves all others of a stage to Archived; answers their numbers. */
export async function archiveOthers(trx: Trx, { name, number }: VersionKey, stage: Stage, now: number) {
  const rows = await trx
    .updateTable('model_versions')
    .set({ stage: 'Archived', updated_at: now })
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', name)
    .where('number', '!=', number)
    .where('stage', '=', stage)
    .returning('number')
    .execute();
  return rows.map((row) => row.number);
}

/** With its tags; `number` null: all versions of the model. Answers how many there were. */
export async function deleteVersions(trx: Trx, name: string, number: number | null): Promise<number> {
  const only = number === null ? [] : [number];
  for (const table of ['model_version_tags', 'model_versions'] as const) {
    const query = trx.deleteFrom(table).where('workspace', '=', WORKSPACE).where('model', '=', name);
    const { numDeletedRows } = await (only.length === 0 ? query : query.where('number', 'in', only)).executeTakeFirst();
    if (table === 'model_versions') return Number(numDeletedRows);
  }
  return 0;
}

/** The versions of a model that gets another name. */
export async function renameVersions(trx: Trx, name: string, newName: string, now: number): Promise<void> {
  await trx
    .updateTable('model_version_tags')
    .set({ model: newName })
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', name)
    .execute();
  await trx
    .updateTable('model_versions')
    .set({ model: newName, updated_at: now })
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', name)
    .execute();
}

export async function setVersionTag(trx: Trx, { name, number }: VersionKey, key: string, value: string): Promise<void> {
  await trx
    .insertInto('model_version_tags')
    .values({ workspace: WORKSPACE, model: name, number, key, value })
    .onConflict((conflict) => conflict.columns(['workspace', 'model', 'number', 'key']).doUpdateSet({ value }))
    .execute();
}

export async function deleteVersionTag(trx: Trx, { name, number }: VersionKey, key: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('model_version_tags')
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', name)
    .where('number', '=', number)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Rows with their tags and aliases, in the same order. */
export async function completeVersions(
  db: Db,
  rows: readonly Omit<ModelVersionTable, 'workspace'>[],
): Promise<ModelVersion[]> {
  const tags = new Map<string, Record<string, string>>();
  const aliases = new Map<string, string[]>();
  const names = [...new Set(rows.map(({ model }) => model))];
  const numbers = rows.map(({ number }) => number);
  const [low, high] = numbers.reduce(([a, b], n) => [Math.min(a, n), Math.max(b, n)], [Number.MAX_SAFE_INTEGER, 0]);
  for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
    const some = names.slice(from, from + NAMES_AT_ONCE);
    for (const { model, number, key, value } of await versionTags(db, some, { low, high })) {
      const id = `${model}/${number}`;
      tags.set(id, Object.assign(tags.get(id) ?? {}, { [key]: value }));
    }
    for (const { model, number, alias } of await listAliases(db, some)) {
      const id = `${model}/${number}`;
      aliases.set(id, [...(aliases.get(id) ?? []), alias]);
    }
  }
  return rows.map((row) =>
    toVersion(row, tags.get(`${row.model}/${row.number}`) ?? {}, aliases.get(`${row.model}/${row.number}`) ?? []),
  );
}

async function newestOf(
  db: Db,
  names: readonly string[],
  groups: readonly ('model' | 'stage')[],
): Promise<ModelVersion[]> {
  const found: ModelVersionTable[] = [];
  for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
    const some = names.slice(from, from + NAMES_AT_ONCE);
    const newest = db
      .selectFrom('model_versions')
      .select((eb) => ['model as m', eb.fn.max('number').as('newest')])
      .where('workspace', '=', WORKSPACE)
      .where('model', 'in', some)
      .groupBy([...groups]);
    const rows = await versions(db)
      .innerJoin(newest.as('n'), (join) => join.onRef('n.m', '=', 'model').onRef('n.newest', '=', 'number'))
      .orderBy('model')
      .orderBy('number')
      .execute();
    found.push(...rows);
  }
  return completeVersions(db, found);
}

function versionTags(db: Db, names: readonly string[], { low, high }: { low: number; high: number }) {
  return db
    .selectFrom('model_version_tags')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('model', 'in', [...names])
    .where('number', '>=', low)
    .where('number', '<=', high)
    .orderBy('key')
    .execute();
}

function versions(db: Db) {
  return db.selectFrom('model_versions').selectAll('model_versions').where('workspace', '=', WORKSPACE);
}

function toVersion(row: Omit<ModelVersionTable, 'workspace'>, tags: Tags, aliases: readonly string[]): ModelVersion {
  return {
    name: row.model,
    number: row.number,
    source: row.source,
    location: row.location,
    modelId: row.model_id,
    run: row.run,
    runLink: row.run_link,
    description: row.description,
    stage: row.stage,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    tags,
    aliases,
  };
}
