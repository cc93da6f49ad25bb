import { FilterReader } from './filter-reader.ts';
import { invalidParameter } from './mlflow-error.ts';

export type Operator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'LIKE'
  | 'ILIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL';

export type FilterValue =
  | { readonly kind: 'number'; readonly number: number; readonly source: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'list'; readonly texts: readonly string[] }
  /** Neither a number nor quoted; every search refuses it, in words that depend on what is compared. */
  | { readonly kind: 'word'; readonly source: string }
  | { readonly kind: 'none' };

/** `metrics.auc > 0.9`: entity metrics, key auc. Without an entity it is an attribute (null). */
export interface Comparison {
  readonly entity: string | null;
  readonly key: string;
  readonly operator: Operator;
  readonly value: FilterValue;
}

/** As many as a person writes; a machine that writes more wants something else. */
const MAX_COMPARISONS = 100;
const MAX_LENGTH = 100_000;
/** Of all lists together: databases bound the number of parameters. */
const MAX_TEXTS = 10_000;

/**
 * MLflow's filter strings: comparisons joined by AND. Knows no entity: what may be compared how is each search's own.
 * @throws INVALID_PARAMETER_VALUE telling the part that cannot be read
 */
export function parseFilter(filter: string | undefined): Comparison[] {
  const source = filter ?? '';
  if (source.length > MAX_LENGTH) throw invalidParameter(`The filter is longer than ${MAX_LENGTH} characters.`);
  const reader = new FilterReader(source);
  const comparisons: Comparison[] = [];
  while (!reader.isAtEnd()) {
    if (comparisons.length === MAX_COMPARISONS) {
      throw invalidParameter(`The filter has more than ${MAX_COMPARISONS} comparisons.`);
    }
    comparisons.push(readComparison(reader));
    if (!reader.isAtEnd() && !reader.takeWord('AND')) throw invalidClause(reader);
  }
  const texts = comparisons.reduce((sum, { value }) => sum + (value.kind === 'list' ? value.texts.length : 0), 0);
  if (texts > MAX_TEXTS) throw invalidParameter(`The lists of the filter have more than ${MAX_TEXTS} values.`);
  return comparisons;
}

function readComparison(reader: FilterReader): Comparison {
  for (const word of ['OR', 'NOT', 'AND']) if (reader.isAtWord(word)) throw invalidClause(reader);
  const identifier = reader.takeIdentifier();
  if (identifier === null) throw invalidClause(reader);
  const operator = reader.takeOperator();
  if (operator === null) throw invalidClause(reader);
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') return { ...identifier, operator, value: { kind: 'none' } };
  const value = operator === 'IN' || operator === 'NOT IN' ? reader.takeList() : reader.takeValue();
  if (value === null) throw invalidClause(reader);
  return { ...identifier, operator, value };
}

function invalidClause(reader: FilterReader) {
  const rest = reader.rest();
  if (rest.startsWith(';')) {
    return invalidParameter(
      `Search filter contained multiple expression "${reader.source.slice(0, 200)}". Provide AND-ed expression list.`,
    );
  }
  const clause = /^(\w+|\S)/.exec(rest)?.[0] ?? '';
  const where = clause === '' ? 'it ends in the middle of a comparison' : `near '${rest.slice(0, 40)}'`;
  return invalidParameter(
    `Invalid clause(s) in filter string: '${clause}' (${where}). Write comparisons like metrics.auc > 0.9, joined by AND.`,
  );
}
