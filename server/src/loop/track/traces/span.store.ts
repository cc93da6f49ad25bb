import type { Db, Trx } from '../../../database.ts';
import { WORKSPACE } from '../workspace.ts';
import type { Span, SpanStatus } from './span.ts';
import { COST_ATTRIBUTE, COST_KEYS, type CostKey, costIn, type UsageNode } from './token-usage.ts';
import { columnsOf } from './trace.store.ts';
import { numbersIn } from './translate-attributes.ts';
import { isMap, parseValue, unquote } from './value.ts';

export interface SpanTable extends Readonly<Record<CostKey, number | null>> {
  workspace: string;
  trace: string;
  id: string;
  parent: string | null;
  name: string;
  type: string;
  status: SpanStatus;
  start_us: number;
  end_us: number | null;
  model_name: string | null;
  model_provider: string | null;
  /** JSON as Python writes it; see {@link Span}. */
  content: string;
}

export interface SpanTables {
  trace_spans: SpanTable;
}

const ROWS_AT_ONCE = 200;
const MAX_MODEL = 500;

/** A span that comes again replaces what it was. Sorted, so that two writers wait for each other in one order. */
export async function upsertSpans(trx: Trx, spans: readonly Span[]): Promise<void> {
  const unique = [...new Map(spans.map((span) => [`${span.trace} ${span.id}`, span]))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  for (let from = 0; from < unique.length; from += ROWS_AT_ONCE) {
    await trx
      .insertInto('trace_spans')
      .values(unique.slice(from, from + ROWS_AT_ONCE).map(([, span]) => toRow(span)))
      .onConflict((conflict) =>
        conflict.columns(['workspace', 'trace', 'id']).doUpdateSet((eb) => ({
          parent: eb.ref('excluded.parent'),
          name: eb.ref('excluded.name'),
          type: eb.ref('excluded.type'),
          status: eb.ref('excluded.status'),
          start_us: eb.ref('excluded.start_us'),
          end_us: eb.ref('excluded.end_us'),
          model_name: eb.ref('excluded.model_name'),
          model_provider: eb.ref('excluded.model_provider'),
          input_cost: eb.ref('excluded.input_cost'),
          output_cost: eb.ref('excluded.output_cost'),
          total_cost: eb.ref('excluded.total_cost'),
          content: eb.ref('excluded.content'),
        })),
      )
      .execute();
  }
}

/** Contents of these traces (at most some hundreds), by trace; the root first, then in the order of their beginnings. */
export async function listSpanContents(db: Db, traces: readonly string[]): Promise<Map<string, string[]>> {
  if (traces.length === 0) return new Map();
  const rows = await db
    .selectFrom('trace_spans')
    .select(['trace', 'content', 'parent'])
    .where('workspace', '=', WORKSPACE)
    .where('trace', 'in', [...traces])
    .orderBy('trace')
    .orderBy('start_us')
    .orderBy('id')
    .execute();
  const found = Map.groupBy(rows, ({ trace }) => trace);
  return new Map(
    [...found].map(([trace, spans]) => [
      trace,
      [...spans.filter(({ parent }) => parent === null), ...spans.filter(({ parent }) => parent !== null)].map(
        ({ content }) => content,
      ),
    ]),
  );
}

/** How many spans each of these traces has. */
export async function countSpans(db: Db, traces: readonly string[]): Promise<Map<string, number>> {
  if (traces.length === 0) return new Map();
  const rows = await db
    .selectFrom('trace_spans')
    .select((eb) => ['trace', eb.fn.countAll().as('count')])
    .where('workspace', '=', WORKSPACE)
    .where('trace', 'in', [...traces])
    .groupBy('trace')
    .execute();
  return new Map(rows.map(({ trace, count }) => [trace, Number(count)]));
}

/** All spans of a trace, as far as totals need them. */
export async function listUsage(db: Db, trace: string): Promise<UsageNode[]> {
  const rows = await db
    .selectFrom('trace_spans')
    .select(['id', 'parent', 'content'])
    .where('workspace', '=', WORKSPACE)
    .where('trace', '=', trace)
    .execute();
  return rows.map(({ id, parent, content }) => ({ id, parent, attributes: attributesOf(content) }));
}

function attributesOf(content: string): ReadonlyMap<string, string> {
  const span = parseValue(content);
  const attributes = isMap(span) ? span.get('attributes') : undefined;
  return isMap(attributes) ? (attributes as ReadonlyMap<string, string>) : new Map();
}

function toRow(span: Span): SpanTable {
  const { trace, id, parent, name, type, status, content, attributes } = span;
  return {
    ...{ workspace: WORKSPACE, trace, id, parent, name, type, status, content },
    ...{ start_us: span.startUs, end_us: span.endUs },
    model_name: wordOf(attributes.get('mlflow.llm.model')),
    model_provider: wordOf(attributes.get('mlflow.llm.provider')),
    ...columnsOf(COST_KEYS, costIn(numbersIn(attributes.get(COST_ATTRIBUTE)) ?? new Map())),
  };
}

function wordOf(json: string | undefined): string | null {
  return json === undefined ? null : unquote(json).replaceAll('\0', '').slice(0, MAX_MODEL);
}
