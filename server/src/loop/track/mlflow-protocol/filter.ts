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
  | 'RLIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL';

/** `source` is the text of it as the filter has it. */
export type ListItem =
  | { readonly kind: 'number'; readonly number: number; readonly source: string }
  | { readonly kind: 'string'; readonly text: string; readonly source: string }
  /** Neither a number nor quoted; every search refuses it, in words that depend on what is compared. */
  | { readonly kind: 'word'; readonly source: string };

export type FilterValue =
  | ListItem
  | { readonly kind: 'list'; readonly items: readonly ListItem[]; readonly source: string }
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
  skipAnds(reader);
  while (!reader.isAtEnd()) {
    if (comparisons.length === MAX_COMPARISONS) {
      throw invalidParameter(`The filter has more than ${MAX_COMPARISONS} comparisons.`);
    }
    comparisons.push(readComparison(reader));
    if (!skipAnds(reader) && !reader.isAtEnd()) throw invalidClause(reader);
  }
  const texts = comparisons.reduce((sum, { value }) => sum + (value.kind === 'list' ? value.items.length : 0), 0);
  if (texts > MAX_TEXTS) throw invalidParameter(`The lists of the filter have more than ${MAX_TEXTS} values.`);
  return comparisons;
}

/** Programs that join clauses leave some over; they say nothing. */
function skipAnds(reader: FilterReader): boolean {
  let found = false;
  while (reader.takeWord('AND')) found = true;
  return found;
}

function readComparison(reader: FilterReader): Comparison {
  for (const word of ['OR', 'NOT']) if (reader.isAtWord(word)) throw invalidClause(reader);
  const found = /^('[^']*'|[+-]?\d[\w.]*)/.exec(reader.rest())?.[0];
  if (found !== undefined) {
    throw invalidParameter(`Invalid comparison clause. Expected 'Identifier' found '${found}'`);
  }
  const identifier = reader.takeIdentifier();
  if (identifier === null) throw invalidClause(reader);
  const operator = reader.takeOperator();
  if (operator === null) throw invalidClause(reader);
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') return { ...identifier, operator, value: { kind: 'none' } };
  const isList = operator === 'IN' || operator === 'NOT IN';
  if (isList !== reader.isAtList()) throw invalidClause(reader);
  const value = isList ? reader.takeList() : reader.takeValue();
  if (value === null) throw isList && !reader.isAtEnd() ? illFormedList() : invalidClause(reader);
  return { ...identifier, operator, value };
}

function illFormedList() {
  return invalidParameter(
    'While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.',
  );
}

function invalidClause(reader: FilterReader) {
  const rest = reader.rest();
  if (/^;\s*[^\s;]/.test(rest)) {
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
