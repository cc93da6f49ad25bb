import {
  type Comparison,
  invalidParameter,
  LIST_OPERATORS,
  NULL_OPERATORS,
  numberTest,
  type Operator,
  pythonSet,
  TEXT_OPERATORS,
} from '../mlflow-protocol/index.ts';
import type { AssessmentName, SpanColumn, TraceCondition } from './trace-search.ts';
import { traceTextTest } from './trace-text-test.ts';

const SPAN_COLUMNS: readonly SpanColumn[] = ['name', 'status', 'type'];
const SPAN_OPERATORS: readonly Operator[] = [...TEXT_OPERATORS, 'RLIKE', ...LIST_OPERATORS];
const CONTENT_OPERATORS: readonly Operator[] = ['LIKE', 'ILIKE'];
const ORDER_OPERATORS: readonly Operator[] = ['<', '<=', '>', '>='];
const ASSESSMENT_OPERATORS: readonly Operator[] = [...TEXT_OPERATORS, ...ORDER_OPERATORS, 'RLIKE', ...NULL_OPERATORS];

/** `span.name`, `.type`, `.status`, `.content`, `.attributes.x`. @throws INVALID_PARAMETER_VALUE */
export function toSpanCondition(comparison: Comparison): TraceCondition {
  const { key } = comparison;
  if (key.startsWith('attributes.')) {
    const name = key.slice('attributes.'.length);
    if (name === '') throw invalidParameter("Span attribute name cannot be empty after 'attributes.'");
    checkSpanOperator(comparison, SPAN_OPERATORS);
    return { on: 'span attribute', key: name, test: traceTextTest(comparison, 'span', SPAN_OPERATORS) };
  }
  const column = [...SPAN_COLUMNS, 'content' as const].find((one) => one === key);
  if (column === undefined) {
    throw invalidParameter(
      `Invalid span attribute '${key}'. Supported attributes: ${SPAN_COLUMNS.join(', ')}, attributes.<attribute_name>.`,
    );
  }
  const operators = column === 'content' ? CONTENT_OPERATORS : SPAN_OPERATORS;
  checkSpanOperator(comparison, operators);
  return { on: 'span', column, test: traceTextTest(comparison, 'span', operators) };
}

function checkSpanOperator({ key, operator }: Comparison, operators: readonly Operator[]): void {
  if (operators.includes(operator)) return;
  throw invalidParameter(`span.${key} comparator '${operator}' not one of '${pythonSet(operators)}'`);
}

/** `feedback.x`, `expectation.x`. @throws INVALID_PARAMETER_VALUE */
export function toAssessmentCondition(comparison: Comparison, kind: AssessmentName['kind']): TraceCondition {
  const { key: name, operator, value } = comparison;
  if (name === '') throw invalidParameter('Assessment field name cannot be empty');
  if (!ASSESSMENT_OPERATORS.includes(operator)) {
    throw invalidParameter(
      `assessment.${name} comparator '${operator}' not one of '${pythonSet(ASSESSMENT_OPERATORS)}'`,
    );
  }
  const assessment = { kind, name };
  if (!ORDER_OPERATORS.includes(operator)) {
    return { on: 'assessment', assessment, test: traceTextTest(comparison, kind, ASSESSMENT_OPERATORS) };
  }
  if (value.kind === 'number') {
    return { on: 'number of assessment', assessment, test: numberTest(comparison, kind) };
  }
  const found = value.kind === 'string' ? `'${value.text}'` : value.kind === 'word' ? value.source : 'a list';
  throw invalidParameter(
    `Expected a numeric value for ${kind} when using comparator '${operator}'. Got value ${found}`,
  );
}

/** `issue.id`. @throws INVALID_PARAMETER_VALUE */
export function toIssueCondition({ key, operator, value }: Comparison): TraceCondition {
  if (key !== 'id') throw invalidParameter(`Invalid issue attribute '${key}'. Supported attributes: id`);
  if (operator !== '=') {
    throw invalidParameter(`issue.id comparator '${operator}' not one of '${pythonSet(['='])}'`);
  }
  if (value.kind === 'string') return { on: 'issue', id: value.text };
  throw invalidParameter("Expected a quoted string value for issue (e.g. 'my-value').");
}
