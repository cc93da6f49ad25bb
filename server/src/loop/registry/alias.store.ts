import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './model.ts';

export interface ModelAliasTable {
  workspace: string;
  model: string;
  alias: string;
  number: number;
}

export interface ModelAliasTables {
  model_aliases: ModelAliasTable;
}

export async function setAlias(trx: Trx, model: string, alias: string, number: number): Promise<void> {
  await trx
    .insertInto('model_aliases')
    .values({ workspace: WORKSPACE, model, alias, number })
    .onConflict((conflict) => conflict.columns(['workspace', 'model', 'alias']).doUpdateSet({ number }))
    .execute();
}

/** The number that it pointed at; `null` when there was no such alias. */
export async function deleteAlias(trx: Trx, model: string, alias: string): Promise<number | null> {
  const row = await trx
    .deleteFrom('model_aliases')
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', model)
    .where('alias', '=', alias)
    .returning('number')
    .executeTakeFirst();
  return row?.number ?? null;
}

/** Those of one version; answers which they were. */
export async function deleteAliasesOf(trx: Trx, model: string, number: number): Promise<string[]> {
  const rows = await trx
    .deleteFrom('model_aliases')
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', model)
    .where('number', '=', number)
    .returning('alias')
    .execute();
  return rows.map(({ alias }) => alias);
}

export async function findAlias(db: Db, model: string, alias: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('model_aliases')
    .select('number')
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', model)
    .where('alias', '=', alias)
    .executeTakeFirst();
  return row?.number;
}

/** Of these models, by alias. */
export function listAliases(db: Db, models: readonly string[]): Promise<ModelAliasTable[]> {
  return db
    .selectFrom('model_aliases')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('model', 'in', [...models])
    .orderBy('alias')
    .execute();
}
