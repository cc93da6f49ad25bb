import type { Trx } from '../../database.ts';
import { type RegisteredModel, WORKSPACE } from './model.ts';
import type { ModelVersionTable } from './version.store.ts';

// Rows that another server made: their numbers and times are given, and the same row again changes nothing.

export async function upsertGivenModel(
  trx: Trx,
  {
    name,
    description,
    createdAt,
    updatedAt,
  }: Pick<RegisteredModel, 'name' | 'description' | 'createdAt' | 'updatedAt'>,
): Promise<void> {
  const row = { description, created_at: createdAt, updated_at: updatedAt };
  await trx
    .insertInto('registered_models')
    .values({ workspace: WORKSPACE, name, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doUpdateSet(row))
    .execute();
}

export async function upsertGivenVersion(trx: Trx, version: Omit<ModelVersionTable, 'workspace'>): Promise<void> {
  const { model, number, ...row } = version;
  await trx
    .insertInto('model_versions')
    .values({ workspace: WORKSPACE, model, number, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'model', 'number']).doUpdateSet(row))
    .execute();
}

/** The next number is above this one, and above every one that was given here. */
export async function raiseLastNumber(trx: Trx, model: string, last: number): Promise<void> {
  await trx
    .insertInto('model_version_numbers')
    .values({ workspace: WORKSPACE, model, last })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'model']).doUpdateSet({ last }).where('model_version_numbers.last', '<', last),
    )
    .execute();
}
