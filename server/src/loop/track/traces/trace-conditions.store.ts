import { type Expression, type SqlBool, sql } from 'kysely';
import type { DialectName } from '../../../platform/db/database.ts';
import { numberCondition, textCondition } from '../mlflow-protocol/index.ts';
import { WORKSPACE } from '../workspace.ts';
import { COST_KEYS, costIn, TOKEN_KEYS, tokensIn } from './token-usage.ts';
import { costText, tokensText } from './trace.ts';
import type {
  AssessmentName,
  SpanCondition,
  TraceCondition,
  TraceNumberColumn,
  TraceTextColumn,
} from './trace-search.ts';
import type { TraceTextTest } from './trace-text-test.ts';
import { numbersIn } from './translate-attributes.ts';

type Condition = Expression<SqlBool>;

/** SQL of one comparison, over `traces as t`. */
export function conditionSql(
  dialect: DialectName,
  condition: Exclude<TraceCondition, SpanCondition>,
  experiments: readonly number[],
): Condition {
  switch (condition.on) {
    case 'text':
      return matches(dialect, columnOf(condition.column), condition.test);
    case 'number':
      return numberCondition(columnOf(condition.column), condition.test);
    case 'tag':
    case 'metadata':
      return pairSql(dialect, condition);
    case 'run':
    case 'prompt':
      return sql<SqlBool>`exists (select 1 from trace_links as l where l.workspace = ${WORKSPACE} and l.trace = t.id
        and l.kind = ${condition.on} and l.target = ${condition.target})`;
    case 'totals':
      return totalsSql(condition.of, condition.test);
    case 'issue':
      return sql<SqlBool>`exists (select 1 from trace_assessments as a where a.workspace = ${WORKSPACE}
        and a.trace = t.id and a.kind = 'issue' and a.name = ${condition.id})`;
    case 'assessment':
      return assessmentSql(dialect, condition.assessment, condition.test, experiments);
    case 'number of assessment': {
      const holds = numberCondition(sql.ref('a.aggregate'), condition.test);
      return assessedSql(condition.assessment, sql<SqlBool>`a.is_number = 1 and ${holds}`, experiments);
    }
  }
}

/** One span of the trace for which all of these hold. */
export function spanSql(dialect: DialectName, conditions: readonly SpanCondition[]): Condition {
  const all = conditions.map((one) =>
    one.on === 'span'
      ? matches(dialect, sql.ref(`s.${one.column}`), one.test)
      : attributeSql(dialect, one.key, one.test),
  );
  return sql<SqlBool>`exists (select 1 from trace_spans as s where s.workspace = ${WORKSPACE} and s.trace = t.id
    and ${sql.join(all, sql` and `)})`;
}

export function columnOf(column: TraceTextColumn | TraceNumberColumn | 'experiment'): Expression<unknown> {
  return column === 'end_ms' ? sql`(t.timestamp_ms + coalesce(t.execution_ms, 0))` : sql.ref(`t.${column}`);
}

function matches(dialect: DialectName, text: Expression<unknown>, test: TraceTextTest): Condition {
  if (test.operator !== 'RLIKE') return textCondition(dialect, text, test);
  return dialect === 'sqlite'
    ? sql<SqlBool>`linear_match(${text}, ${test.pattern}) = 1`
    : sql<SqlBool>`${text} ~ ${test.pattern}`;
}

function pairSql(
  dialect: DialectName,
  { on, key, test }: Extract<TraceCondition, { on: 'tag' | 'metadata' }>,
): Condition {
  const table = sql.table(on === 'tag' ? 'trace_tags' : 'trace_metadata');
  const of = sql`select 1 from ${table} as p where p.workspace = ${WORKSPACE} and p.trace = t.id and p.key = ${key}`;
  if (test.operator === 'IS NULL') return sql<SqlBool>`not exists (${of})`;
  if (test.operator === 'IS NOT NULL') return sql<SqlBool>`exists (${of})`;
  return sql<SqlBool>`exists (${of} and ${matches(dialect, sql.ref('p.value'), test)})`;
}

function totalsSql(of: 'tokens' | 'cost', test: TraceTextTest): Condition {
  const columns = (of === 'tokens' ? TOKEN_KEYS : COST_KEYS).map((key) => sql.ref(`t.${key}`));
  const isThere = sql<SqlBool>`coalesce(${sql.join(columns)}) is not null`;
  if (test.operator === 'IS NULL') return sql<SqlBool>`not ${isThere}`;
  const text = 'texts' in test ? test.texts[0] : undefined;
  if (text === undefined) return isThere;
  const equal = equalTotals(of, text);
  return test.operator === '=' ? equal : sql<SqlBool>`(${isThere} and not ${equal})`;
}

/** Only the very text that is shown is equal. */
function equalTotals(of: 'tokens' | 'cost', text: string): Condition {
  const numbers = numbersIn(text) ?? new Map<string, number>();
  const totals: Readonly<Record<string, number | undefined>> = of === 'tokens' ? tokensIn(numbers) : costIn(numbers);
  const shown = of === 'tokens' ? tokensText(totals) : costText(totals);
  if (shown !== text) return sql<SqlBool>`(1 = 0)`;
  const all = (of === 'tokens' ? TOKEN_KEYS : COST_KEYS).map((key) => {
    const value = totals[key];
    const column = sql.ref(`t.${key}`);
    return value === undefined ? sql`${column} is null` : sql`coalesce(${column} = ${value}, false)`;
  });
  return sql<SqlBool>`(${sql.join(all, sql` and `)})`;
}

function assessmentSql(
  dialect: DialectName,
  assessment: AssessmentName,
  test: TraceTextTest,
  experiments: readonly number[],
): Condition {
  const always = sql<SqlBool>`1 = 1`;
  if (test.operator === 'IS NULL') return sql<SqlBool>`not ${assessedSql(assessment, always, experiments)}`;
  if (test.operator === 'IS NOT NULL') return assessedSql(assessment, always, experiments);
  const value = sql.ref('a.value');
  const text = 'texts' in test ? (test.texts[0] ?? '') : '';
  // Texts are kept as JSON, in quotes; numbers and truths without.
  const equal = sql<SqlBool>`(${value} = ${text} or ${value} = ${JSON.stringify(text)})`;
  if (test.operator === '=') return assessedSql(assessment, equal, experiments);
  if (test.operator === '!=') return assessedSql(assessment, sql<SqlBool>`not ${equal}`, experiments);
  return assessedSql(assessment, matches(dialect, value, test), experiments);
}

/** One of this trace, or one of its session. */
function assessedSql({ kind, name }: AssessmentName, holds: Condition, experiments: readonly number[]): Condition {
  const found = sql`a.workspace = ${WORKSPACE} and a.kind = ${kind} and a.name = ${name} and a.valid = 1 and ${holds}`;
  return sql<SqlBool>`(exists (select 1 from trace_assessments as a where a.trace = t.id and ${found})
    or (t.session is not null and exists (select 1 from traces as o
      join trace_assessments as a on a.workspace = o.workspace and a.trace = o.id
      where o.workspace = ${WORKSPACE} and o.experiment in (${sql.join([...experiments])})
      and o.session = t.session and a.of_session = 1 and ${found})))`;
}

/** Attributes are found in the text of the span, where each is `"key": "<its JSON, in JSON>"`. */
function attributeSql(dialect: DialectName, key: string, test: TraceTextTest): Condition {
  const content = sql.ref('s.content');
  const name = JSON.stringify(key);
  switch (test.operator) {
    case 'RLIKE':
      return matches(dialect, content, { operator: 'RLIKE', pattern: attributePattern(name, test.pattern) });
    case 'LIKE':
    case 'ILIKE':
      return textCondition(dialect, content, { operator: test.operator, texts: [`%${name}${test.texts[0] ?? ''}%`] });
    default: {
      const isOne = sql<SqlBool>`(${sql.join(
        test.texts.flatMap((text) => hasAttribute(dialect, name, text)),
        sql` or `,
      )})`;
      if (test.operator === '=' || test.operator === 'IN') return isOne;
      return sql<SqlBool>`(${contains(dialect, `${name}: "`)} and not ${isOne})`;
    }
  }
}

function hasAttribute(dialect: DialectName, name: string, text: string): Condition[] {
  const forms = [JSON.stringify(JSON.stringify(text)), JSON.stringify(text)];
  return forms.map((form) => contains(dialect, `${name}: ${form}`));
}

function contains(dialect: DialectName, part: string): Condition {
  return dialect === 'sqlite'
    ? sql<SqlBool>`instr(s.content, ${part}) > 0`
    : sql<SqlBool>`strpos(s.content, ${part}) > 0`;
}

/** A pattern for a value becomes one for the text of the span; a text's quotes are `\"` there. */
function attributePattern(name: string, pattern: string): string {
  const begins = pattern.startsWith('^');
  const ends = pattern.endsWith('$') && !pattern.endsWith('\\$');
  const inner = pattern.slice(begins ? 1 : 0, ends ? -1 : undefined);
  const before = begins ? '"(?:\\\\")?' : '"(?:[^"\\\\]|\\\\.)*';
  return `${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}: ${before}(?:${inner})${ends ? '(?:\\\\")?"' : ''}`;
}
