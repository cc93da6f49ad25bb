import { compilePattern } from '../../../platform/db/linear-pattern.ts';
import {
  type Comparison,
  expectOperator,
  invalidParameter,
  type Operator,
  type TextTest,
  textTest,
} from '../mlflow-protocol/index.ts';

/** A comparison with a text, or with a regular expression that may be anywhere in the text. */
export type TraceTextTest = TextTest | { readonly operator: 'RLIKE'; readonly pattern: string };

const MAX_PATTERN = 1_000;

/** @param what as in "Expected a quoted string value for tag" @throws INVALID_PARAMETER_VALUE */
export function traceTextTest(comparison: Comparison, what: string, operators: readonly Operator[]): TraceTextTest {
  if (comparison.operator !== 'RLIKE') return textTest(comparison, what, operators);
  expectOperator(comparison, operators);
  const { value } = comparison;
  if (value.kind === 'string') return { operator: 'RLIKE', pattern: checkPattern(value.text) };
  const found = value.kind === 'number' || value.kind === 'word' ? value.source : 'a list';
  throw invalidParameter(`Expected a quoted string value for ${what} (e.g. 'my-value'). Got value ${found}`);
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkPattern(pattern: string): string {
  if (pattern.length > MAX_PATTERN) {
    throw invalidParameter(`The regular expression is longer than ${MAX_PATTERN} characters.`);
  }
  try {
    compilePattern(pattern);
  } catch (error) {
    throw invalidParameter(`The regular expression '${pattern}' cannot be used: ${(error as Error).message}`);
  }
  return pattern;
}
