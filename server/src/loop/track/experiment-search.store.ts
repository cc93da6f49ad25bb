import { type SqlBool, sql } from 'kysely';
import type { Db, Tables } from '../../database.ts';
import type { DialectName } from '../../platform/db/database.ts';
import { toExperiment } from './experiment.store.ts';
import type { Experiment } from './experiment.ts';
import type { ExperimentSearch } from './experiment-search.ts';
import {
  attributeKeys,
  conditionSql,
  type FoundRow,
  type PageRequest,
  type SearchScope,
  selectPage,
} from './mlflow-protocol/index.ts';
import { WORKSPACE } from './workspace.ts';

export async function searchExperimentRows(
  db: Db,
  dialect: DialectName,
  search: ExperimentSearch,
  page: PageRequest,
): Promise<FoundRow<Experiment>[]> {
  const scope: SearchScope = {
    ...{ dialect, row: 'e', owner: [['experiment', 'id']] },
    tables: { tag: 'experiment_tags' },
  };
  const found = await selectPage<Tables['experiments']>(db, {
    ...{ ...page, columns: sql`e.*`, from: sql`experiments as e` },
    where: [
      sql<SqlBool>`e.workspace = ${WORKSPACE}`,
      sql<SqlBool>`e.lifecycle in (${sql.join([...search.lifecycles])})`,
      ...search.conditions.map((condition) => conditionSql(scope, condition)),
    ],
    keys: search.order.flatMap((one) => (one.on === 'attribute' ? attributeKeys(scope, one) : [])),
  });
  return found.map(({ row, position }) => ({ row: toExperiment(row), position }));
}
