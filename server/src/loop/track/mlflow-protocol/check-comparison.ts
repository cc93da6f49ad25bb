import type { Comparison, Operator } from './filter.ts';
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

/** @param what as in "Expected a quoted string value for parameter" @throws INVALID_PARAMETER_VALUE */
export function textTest(
  comparison: Comparison,
  what: string,
  operators: readonly Operator[] = TEXT_OPERATORS,
): TextTest {
  const operator = expectOperator(comparison, operators) as TextTest['operator'];
  const { value } = comparison;
  if (value.kind === 'none') return { operator, texts: [] };
  if (value.kind === 'list') return { operator, texts: value.texts };
  if (value.kind === 'string') return { operator, texts: [value.text] };
  throw invalidParameter(`Expected a quoted string value for ${what} (e.g. 'my-value'). Got value ${value.source}`);
}

/** @throws INVALID_PARAMETER_VALUE */
export function numberTest(
  comparison: Comparison,
  what: string,
  operators: readonly Operator[] = NUMBER_OPERATORS,
): NumberTest {
  const operator = expectOperator(comparison, operators) as NumberTest['operator'];
  const { value } = comparison;
  if (value.kind === 'number') return { operator, number: value.number };
  const found = value.kind === 'string' ? `'${value.text}'` : value.kind === 'word' ? value.source : 'a list';
  throw invalidParameter(`Expected numeric value type for ${what}. Found ${found}`);
}

/** @throws INVALID_PARAMETER_VALUE */
export function expectOperator({ operator }: Comparison, operators: readonly Operator[]): Operator {
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
