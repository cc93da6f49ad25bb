import { sql } from 'kysely';
import type { Db } from '../../database.ts';
import type { DialectName } from '../../platform/db/database.ts';
import { toExperiment } from './experiment.store.ts';
import type { Experiment } from './experiment.ts';
import {
  afterKeys,
  type KeysetValues,
  type NumberTest,
  numberCondition,
  orderClause,
  type SortKey,
  type TextTest,
  textCondition,
} from './mlflow-protocol/index.ts';
import { type Lifecycle, WORKSPACE } from './workspace.ts';

export type ExperimentCondition =
  | { readonly on: 'name'; readonly test: TextTest }
  | { readonly on: 'created_at' | 'updated_at'; readonly test: NumberTest }
  | { readonly on: 'tag'; readonly key: string; readonly test: TextTest };

export interface ExperimentOrder {
  readonly column: 'id' | 'name' | 'created_at' | 'updated_at';
  readonly descending: boolean;
}

export interface ExperimentSearch {
  readonly lifecycles: readonly Lifecycle[];
  readonly conditions: readonly ExperimentCondition[];
  readonly order: readonly ExperimentOrder[];
}

export async function searchExperimentRows(
  db: Db,
  dialect: DialectName,
  search: ExperimentSearch,
  page: { readonly after: KeysetValues | null; readonly limit: number },
): Promise<{ readonly experiment: Experiment; readonly position: KeysetValues }[]> {
  let query = db
    .selectFrom('experiments as e')
    .selectAll()
    .where('e.workspace', '=', WORKSPACE)
    .where('e.lifecycle', 'in', [...search.lifecycles])
    .limit(page.limit);
  for (const condition of search.conditions) {
    query = query.where((eb) => {
      if (condition.on === 'name') return textCondition(dialect, sql.ref('e.name'), condition.test);
      if (condition.on !== 'tag') return numberCondition(sql.ref(`e.${condition.on}`), condition.test);
      const tagged = eb
        .selectFrom('experiment_tags as x')
        .select(sql`1`.as('one'))
        .where('x.workspace', '=', WORKSPACE)
        .whereRef('x.experiment', '=', 'e.id')
        .where('x.key', '=', condition.key);
      if (condition.test.operator === 'IS NULL') return eb.not(eb.exists(tagged));
      if (condition.test.operator === 'IS NOT NULL') return eb.exists(tagged);
      return eb.exists(tagged.where(textCondition(dialect, sql.ref('x.value'), condition.test)));
    });
  }
  const order = orderOf(search);
  const keys = order.map(({ column, descending }): SortKey => ({ expression: sql.ref(`e.${column}`), descending }));
  for (const key of keys) query = query.orderBy(orderClause(key));
  if (page.after !== null) query = query.where(afterKeys(keys, page.after));
  const rows = await query.execute();
  return rows.map((row) => ({ experiment: toExperiment(row), position: order.map(({ column }) => row[column]) }));
}

function orderOf({ order }: ExperimentSearch): readonly ExperimentOrder[] {
  if (order.length === 0) {
    return [
      { column: 'created_at', descending: true },
      { column: 'id', descending: false },
    ];
  }
  return order.some(({ column }) => column === 'id') ? order : [...order, { column: 'id', descending: true }];
}
