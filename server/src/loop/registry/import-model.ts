import type { Context } from '../../context.ts';
import type { Db, Trx } from '../../database.ts';
import { setAlias } from './alias.store.ts';
import { raiseLastNumber, upsertGivenModel, upsertGivenVersion } from './import.store.ts';
import { lockModels } from './lock-model.ts';
import { findModel, lastNumber, setModelTag } from './model.store.ts';
import type { ModelVersion, RegisteredModel } from './model.ts';
import { listVersions, setVersionTag } from './version.store.ts';

/** A registered model as another server keeps it. */
export interface GivenModel extends RegisteredModel {
  /** The highest number that was ever given, also to versions that are deleted. */
  readonly lastNumber: number;
  readonly versions: readonly Omit<ModelVersion, 'aliases'>[];
}

/** Writes it with its numbers and times; what is there already and is not named stays. */
export async function importModel({ db }: Pick<Context, 'db'>, trx: Trx, given: GivenModel): Promise<void> {
  const { name } = given;
  await lockModels({ db }, trx, name);
  await upsertGivenModel(trx, given);
  await raiseLastNumber(trx, name, given.lastNumber);
  for (const [key, value] of Object.entries(given.tags)) await setModelTag(trx, name, key, value);
  for (const version of given.versions) {
    const { number, source, location, modelId, run, runLink, description, stage, tags } = version;
    await upsertGivenVersion(trx, {
      ...{ model: name, number, source, location, model_id: modelId, run, run_link: runLink, description, stage },
      ...{ created_at: version.createdAt, created_by: version.createdBy, updated_at: version.updatedAt },
    });
    for (const [key, value] of Object.entries(tags)) await setVersionTag(trx, { name, number }, key, value);
  }
  for (const [alias, number] of Object.entries(given.aliases)) await setAlias(trx, name, alias, number);
}

const VERSIONS_PER_PAGE = 1_000;

/** A model with all its versions; undefined when there is none. */
export async function findWholeModel(db: Db, name: string): Promise<GivenModel | undefined> {
  const model = await findModel(db, name);
  if (!model) return undefined;
  const versions: ModelVersion[] = [];
  for (let before: number | null = null; ; ) {
    const page: ModelVersion[] = await listVersions(db, name, { before, limit: VERSIONS_PER_PAGE });
    versions.push(...page);
    const last = page.at(-1);
    if (!last || page.length < VERSIONS_PER_PAGE) break;
    before = last.number;
  }
  return { ...model, lastNumber: await lastNumber(db, name), versions };
}
