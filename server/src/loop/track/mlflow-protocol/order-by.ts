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

/** One clause per text. @throws INVALID_PARAMETER_VALUE */
export function parseOrderBy(clauses: readonly string[]): OrderBy[] {
  if (clauses.length > MAX_CLAUSES) throw invalidParameter(`There are more than ${MAX_CLAUSES} order_by clauses.`);
  return clauses.map(parseClause);
}

function parseClause(clause: string): OrderBy {
  const shown = clause.slice(0, 300);
  const reader = new FilterReader(clause);
  const identifier = reader.takeIdentifier();
  if (identifier === null) throw invalidParameter(`Invalid order_by clause '${shown}'. Could not be parsed.`);
  const descending = reader.takeWord('DESC');
  if (!descending) reader.takeWord('ASC');
  if (reader.isAtEnd()) return { ...identifier, descending };
  if (/^\w+$/.test(reader.rest())) throw invalidParameter(`Invalid ordering key in order_by clause '${shown}'.`);
  throw invalidParameter(`Invalid order_by clause '${shown}'. Could not be parsed.`);
}
