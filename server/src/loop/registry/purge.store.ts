import type { Trx } from '../../database.ts';
import { WORKSPACE } from './model.ts';

/** Versions whose files are those of these runs or logged models, as `NAME/3`. At most some hundreds of each. */
export async function listVersionsMadeOf(
  trx: Trx,
  { runs, models }: { readonly runs: readonly string[]; readonly models: readonly string[] },
): Promise<string[]> {
  if (runs.length === 0 && models.length === 0) return [];
  const rows = await trx
    .selectFrom('model_versions')
    .select(['model', 'number'])
    .where('workspace', '=', WORKSPACE)
    .where((eb) =>
      eb.or([
        ...(models.length === 0 ? [] : [eb('model_id', 'in', [...models])]),
        ...(runs.length === 0 ? [] : [eb.and([eb('model_id', 'is', null), eb('run', 'in', [...runs])])]),
      ]),
    )
    .orderBy('model')
    .orderBy('number')
    .limit(20)
    .execute();
  return rows.map(({ model, number }) => `${model}/${number}`);
}
