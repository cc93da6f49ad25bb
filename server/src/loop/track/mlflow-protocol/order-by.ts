import { FilterReader } from './filter-reader.ts';
import { invalidParameter } from './mlflow-error.ts';

/** `metrics.auc DESC`: without an entity it is an attribute (null). */
export interface OrderBy {
  readonly entity: string | null;
  readonly key: string;
  readonly descending: boolean;
}

/** Each may join a table, and databases bound those. */
const MAX_CLAUSES = 30;

/** One clause per text. @throws INVALID_PARAMETER_VALUE also for a key that is named twice */
export function parseOrderBy(clauses: readonly string[]): OrderBy[] {
  if (clauses.length > MAX_CLAUSES) throw invalidParameter(`There are more than ${MAX_CLAUSES} order_by clauses.`);
  const parsed = clauses.map(parseClause);
  const names = parsed.map(({ entity, key }) => `${entity ?? ''}.${key}`);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0) throw invalidParameter(`Duplicate keys in the order_by clause: '${clauses[twice]}'.`);
  return parsed;
}

function parseClause(clause: string): OrderBy {
  const reader = new FilterReader(clause);
  const identifier = reader.takeIdentifier();
  if (identifier === null) throw invalidParameter(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  const descending = reader.takeWord('DESC');
  if (!descending) reader.takeWord('ASC');
  if (reader.isAtEnd()) return { ...identifier, descending };
  if (/[,;]/.test(clause)) throw invalidParameter(`Invalid order_by clause '${clause}'. Could not be parsed.`);
  throw invalidParameter(`Invalid ordering key in order_by clause '${clause}'.`);
}
