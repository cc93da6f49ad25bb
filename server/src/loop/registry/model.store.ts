import type { Db, Trx } from '../../database.ts';
import { listAliases } from './alias.store.ts';
import { PROMPT_TAG, type RegisteredModel, WORKSPACE } from './model.ts';

export interface RegisteredModelTable {
  workspace: string;
  name: string;
  description: string | null;
  created_at: number;
  updated_at: number;
}

export interface RegisteredModelTagTable {
  workspace: string;
  model: string;
  key: string;
  value: string;
}

/** The highest number that a version of this name ever had; outlives the model. */
export interface VersionNumberTable {
  workspace: string;
  model: string;
  last: number;
}

export interface RegisteredModelTables {
  registered_models: RegisteredModelTable;
  registered_model_tags: RegisteredModelTagTable;
  model_version_numbers: VersionNumberTable;
}

/** Names per query: databases bound the number of parameters. */
const NAMES_AT_ONCE = 500;

/** False when there is one of this name. */
export async function insertModel(
  trx: Trx,
  given: { name: string; description: string | null; now: number },
): Promise<boolean> {
  const { name, description, now } = given;
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('registered_models')
    .values({ workspace: WORKSPACE, name, description, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function findModel(db: Db, name: string): Promise<RegisteredModel | undefined> {
  const row = await db
    .selectFrom('registered_models')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && (await completeModels(db, [row]))[0];
}

export async function modelExists(db: Db, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('registered_models')
    .select('name')
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined;
}

/** By name, without prompts; `after` is the last name of the page before. */
export async function listModels(
  db: Db,
  page: { readonly after: string; readonly limit: number },
): Promise<RegisteredModel[]> {
  const rows = await db
    .selectFrom('registered_models as m')
    .selectAll('m')
    .where('m.workspace', '=', WORKSPACE)
    .where('m.name', '>', page.after)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('registered_model_tags as t')
            .select('t.key')
            .where('t.workspace', '=', WORKSPACE)
            .whereRef('t.model', '=', 'm.name')
            .where('t.key', '=', PROMPT_TAG)
            .where('t.value', '=', 'true'),
        ),
      ),
    )
    .orderBy('m.name')
    .limit(page.limit)
    .execute();
  return completeModels(db, rows);
}

/** Notes that something of the model changed; false when there is no such model. */
export async function touchModel(trx: Trx, name: string, now: number): Promise<boolean> {
  return changeModel(trx, name, { updated_at: now });
}

/** False when there is no such model. */
export async function updateDescription(
  trx: Trx,
  name: string,
  change: { description: string | null; now: number },
): Promise<boolean> {
  return changeModel(trx, name, { description: change.description, updated_at: change.now });
}

/** With its tags and aliases; its versions are deleted by themselves. Its numbers stay taken. */
export async function deleteModel(trx: Trx, name: string): Promise<boolean> {
  for (const table of ['registered_model_tags', 'model_aliases'] as const) {
    await trx.deleteFrom(table).where('workspace', '=', WORKSPACE).where('model', '=', name).execute();
  }
  const { numDeletedRows } = await trx
    .deleteFrom('registered_models')
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Everything of the model but its versions; call with both names locked, the new one free. */
export async function renameModel(trx: Trx, name: string, newName: string, now: number): Promise<void> {
  for (const table of ['registered_model_tags', 'model_aliases'] as const) {
    await trx
      .updateTable(table)
      .set({ model: newName })
      .where('workspace', '=', WORKSPACE)
      .where('model', '=', name)
      .execute();
  }
  await changeModel(trx, name, { name: newName, updated_at: now });
  const last = Math.max(await lastNumber(trx, name), await lastNumber(trx, newName));
  await trx
    .insertInto('model_version_numbers')
    .values({ workspace: WORKSPACE, model: newName, last })
    .onConflict((conflict) => conflict.columns(['workspace', 'model']).doUpdateSet({ last }))
    .execute();
}

/** The next number of this name: never one that was given before, whatever was deleted since. */
export async function takeNumber(trx: Trx, model: string): Promise<number> {
  const { last } = await trx
    .insertInto('model_version_numbers')
    .values({ workspace: WORKSPACE, model, last: 1 })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'model']).doUpdateSet((eb) => ({
        last: eb('model_version_numbers.last', '+', 1),
      })),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  return Number(last);
}

export async function setModelTag(trx: Trx, model: string, key: string, value: string): Promise<void> {
  await trx
    .insertInto('registered_model_tags')
    .values({ workspace: WORKSPACE, model, key, value })
    .onConflict((conflict) => conflict.columns(['workspace', 'model', 'key']).doUpdateSet({ value }))
    .execute();
}

export async function deleteModelTag(trx: Trx, model: string, key: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('registered_model_tags')
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', model)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Rows with their tags and aliases, in the same order. */
export async function completeModels(
  db: Db,
  rows: readonly Omit<RegisteredModelTable, 'workspace'>[],
): Promise<RegisteredModel[]> {
  const tags = new Map<string, Record<string, string>>();
  const aliases = new Map<string, Record<string, number>>();
  for (let from = 0; from < rows.length; from += NAMES_AT_ONCE) {
    const names = rows.slice(from, from + NAMES_AT_ONCE).map(({ name }) => name);
    for (const { model, key, value } of await modelTags(db, names)) {
      tags.set(model, Object.assign(tags.get(model) ?? {}, { [key]: value }));
    }
    for (const { model, alias, number } of await listAliases(db, names)) {
      aliases.set(model, Object.assign(aliases.get(model) ?? {}, { [alias]: number }));
    }
  }
  return rows.map((row) => ({
    name: row.name,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    tags: tags.get(row.name) ?? {},
    aliases: aliases.get(row.name) ?? {},
  }));
}

function modelTags(db: Db, names: readonly string[]): Promise<RegisteredModelTagTable[]> {
  return db
    .selectFrom('registered_model_tags')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('model', 'in', [...names])
    .orderBy('key')
    .execute();
}

async function changeModel(
  trx: Trx,
  name: string,
  change: Partial<Pick<RegisteredModelTable, 'name' | 'description' | 'updated_at'>>,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('registered_models')
    .set(change)
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The highest number that a version of this name ever had; 0: none. */
export async function lastNumber(trx: Db, model: string): Promise<number> {
  const row = await trx
    .selectFrom('model_version_numbers')
    .select('last')
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', model)
    .executeTakeFirst();
  return row?.last ?? 0;
}
