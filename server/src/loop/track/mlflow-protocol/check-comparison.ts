import type { Comparison, FilterValue, Operator } from './filter.ts';
import { invalidParameter } from './mlflow-error.ts';

export const NUMBER_OPERATORS: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>='];
export const TEXT_OPERATORS: readonly Operator[] = ['=', '!=', 'LIKE', 'ILIKE'];
export const NULL_OPERATORS: readonly Operator[] = ['IS NULL', 'IS NOT NULL'];
export const LIST_OPERATORS: readonly Operator[] = ['IN', 'NOT IN'];

/** A comparison with a text or texts, checked. */
export interface TextTest {
  readonly operator: Extract<Operator, '=' | '!=' | 'LIKE' | 'ILIKE' | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL'>;
  /** One, several with IN, none with IS NULL. */
  readonly texts: readonly string[];
}

/** A comparison with a number, checked. */
export interface NumberTest {
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
  readonly number: number;
}

/** Databases bound the length of a pattern, and nothing that is stored is longer. */
const MAX_PATTERN = 10_000;

/** @param what as in "Expected a quoted string value for parameter" @throws INVALID_PARAMETER_VALUE */
export function textTest(
  comparison: Comparison,
  what: string,
  operators: readonly Operator[] = TEXT_OPERATORS,
): TextTest {
  const texts = readTexts(comparison.value, what);
  return { operator: expectOperator(comparison, operators) as TextTest['operator'], texts };
}

/** @param what as in "Expected numeric value type for metric" @throws INVALID_PARAMETER_VALUE */
export function numberTest(
  comparison: Comparison,
  what: string,
  operators: readonly Operator[] = NUMBER_OPERATORS,
): NumberTest {
  const number = readNumber(comparison.value, what);
  return { operator: expectOperator(comparison, operators) as NumberTest['operator'], number };
}

/** @throws INVALID_PARAMETER_VALUE for what is neither quoted nor a list of what is quoted */
export function readTexts(value: FilterValue, what: string): readonly string[] {
  switch (value.kind) {
    case 'none':
      return [];
    case 'string':
      return [checkPattern(value.text)];
    case 'list':
      return readList(value);
    case 'word':
      throw invalidParameter(
        'Parameter value is either not quoted or unidentified quote types used for string value ' +
          `${value.source.slice(0, 300)}. Use either single or double quotes.`,
      );
    case 'number':
      throw invalidParameter(`Expected a quoted string value for ${what} (e.g. 'my-value'). Got value ${value.source}`);
  }
}

/** @throws INVALID_PARAMETER_VALUE */
export function readNumber(value: FilterValue, what: string): number {
  if (value.kind === 'number') return value.number;
  const found = value.kind === 'none' ? 'nothing' : value.source.slice(0, 300);
  throw invalidParameter(`Expected numeric value type for ${what}. Found ${found}`);
}

/** @throws INVALID_PARAMETER_VALUE */
export function expectOperator({ operator }: Pick<Comparison, 'operator'>, operators: readonly Operator[]): Operator {
  if (operators.includes(operator)) return operator;
  throw invalidParameter(`Invalid comparator '${operator}' not one of '${pythonSet(operators)}'`);
}

/** `{'a', 'b'}`, as MLflow's messages print what is allowed. */
export function pythonSet(values: readonly string[]): string {
  return `{${values.map((value) => `'${value}'`).join(', ')}}`;
}

/** `['a', 'b']` */
export function pythonList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}

function readList({ items, source }: Extract<FilterValue, { kind: 'list' }>): readonly string[] {
  const refuse = (what: string) => invalidParameter(`While parsing a list in the query, expected ${what}`);
  if (items.length === 0) throw refuse('a non-empty list of string values, but got empty list');
  return items.map((item) => {
    if (item.kind === 'string') return item.text;
    if (item.kind === 'word') throw refuse('a non-empty list of string values, but got ill-formed list.');
    throw refuse(`string value, punctuation, or whitespace, but got different type in list: ${source.slice(0, 300)}`);
  });
}

function checkPattern(text: string): string {
  if (text.length <= MAX_PATTERN) return text;
  throw invalidParameter(`A text in the filter is longer than ${MAX_PATTERN} characters.`);
}
