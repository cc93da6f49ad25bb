import type { Db, Trx } from '../../../database.ts';
import { type Pair, WORKSPACE } from '../workspace.ts';
import { listAssessments } from './assessment.store.ts';
import { COST_KEYS, type CostKey, TOKEN_KEYS, type TokenKey, type Totals } from './token-usage.ts';
import type { Trace, TraceDetail, TraceState } from './trace.ts';

export interface TraceTable extends Readonly<Record<TokenKey | CostKey, number | null>> {
  workspace: string;
  id: string;
  experiment: number;
  timestamp_ms: number;
  execution_ms: number | null;
  state: TraceState;
  name: string | null;
  session: string | null;
  client_request_id: string | null;
  request_preview: string | null;
  response_preview: string | null;
  job: string | null;
  finalized: 0 | 1;
}

export interface TracePairTable {
  workspace: string;
  trace: string;
  key: string;
  value: string;
}

export interface TraceTables {
  traces: TraceTable;
  trace_tags: TracePairTable;
  trace_metadata: TracePairTable;
}

/** Ids per statement: databases bound the number of parameters. */
export const TRACES_AT_ONCE = 500;

/** Those of these that exist, in no order. */
export async function findTraceRows(db: Db, ids: readonly string[]): Promise<Trace[]> {
  const rows: TraceTable[] = [];
  for (let from = 0; from < ids.length; from += TRACES_AT_ONCE) {
    rows.push(
      ...(await db
        .selectFrom('traces')
        .selectAll()
        .where('workspace', '=', WORKSPACE)
        .where('id', 'in', ids.slice(from, from + TRACES_AT_ONCE))
        .execute()),
    );
  }
  return rows.map(toTrace);
}

export async function findTraceRow(db: Db, id: string): Promise<Trace | undefined> {
  return (await findTraceRows(db, [id]))[0];
}

/** With tags, metadata and assessments, in the order of `traces`. */
export async function withTraceDetails(db: Db, traces: readonly Trace[]): Promise<TraceDetail[]> {
  const details: TraceDetail[] = [];
  for (let from = 0; from < traces.length; from += TRACES_AT_ONCE) {
    const some = traces.slice(from, from + TRACES_AT_ONCE);
    const ids = some.map(({ id }) => id);
    const tags = await listPairs(db, 'trace_tags', ids);
    const metadata = await listPairs(db, 'trace_metadata', ids);
    const assessments = await listAssessments(db, ids);
    details.push(
      ...some.map((trace) => ({
        ...trace,
        tags: tags.get(trace.id) ?? [],
        metadata: metadata.get(trace.id) ?? [],
        assessments: assessments.get(trace.id) ?? [],
      })),
    );
  }
  return details;
}

export async function insertTrace(trx: Trx, trace: Trace): Promise<void> {
  await trx
    .insertInto('traces')
    .values({ workspace: WORKSPACE, ...toRow(trace) })
    .execute();
}

export async function replaceTrace(trx: Trx, trace: Trace): Promise<void> {
  const { id, ...columns } = toRow(trace);
  await trx.updateTable('traces').set(columns).where('workspace', '=', WORKSPACE).where('id', '=', id).execute();
}

type PairTable = 'trace_tags' | 'trace_metadata';

export async function upsertTracePairs(
  trx: Trx,
  table: PairTable,
  trace: string,
  pairs: readonly Pair[],
): Promise<void> {
  const unique = [...new Map(pairs.map(({ key, value }) => [key, value]))].sort(([a], [b]) => (a < b ? -1 : 1));
  for (let from = 0; from < unique.length; from += TRACES_AT_ONCE) {
    await trx
      .insertInto(table)
      .values(
        unique.slice(from, from + TRACES_AT_ONCE).map(([key, value]) => ({ workspace: WORKSPACE, trace, key, value })),
      )
      .onConflict((conflict) =>
        conflict.columns(['workspace', 'trace', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      )
      .execute();
  }
}

/** Keeps what is there already. */
export async function insertMetadata(trx: Trx, trace: string, { key, value }: Pair): Promise<void> {
  await trx
    .insertInto('trace_metadata')
    .values({ workspace: WORKSPACE, trace, key, value })
    .onConflict((conflict) => conflict.columns(['workspace', 'trace', 'key']).doNothing())
    .execute();
}

/** False when there was none. */
export async function deleteTraceTag(trx: Trx, trace: string, key: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('trace_tags')
    .where('workspace', '=', WORKSPACE)
    .where('trace', '=', trace)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export interface TraceSelection {
  readonly experiment: number;
  /** Milliseconds since the epoch; only those that began then or earlier. */
  readonly until?: number | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly limit: number;
}

/** Ids, the oldest first. */
export async function selectTraces(trx: Trx, { experiment, until, ids, limit }: TraceSelection): Promise<string[]> {
  const rows = await trx
    .selectFrom('traces')
    .select('id')
    .where('workspace', '=', WORKSPACE)
    .where('experiment', '=', experiment)
    .$if(until !== undefined, (query) => query.where('timestamp_ms', '<=', until ?? 0))
    .$if(ids !== undefined, (query) => query.where('id', 'in', [...(ids ?? [])]))
    .orderBy('timestamp_ms')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

const TABLES_OF_TRACES = ['trace_spans', 'trace_tags', 'trace_metadata', 'trace_assessments', 'trace_links'] as const;

/** For good, with all that belongs to them; at most {@link TRACES_AT_ONCE}. */
export async function deleteTraceRows(trx: Trx, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  for (const table of TABLES_OF_TRACES) {
    await trx
      .deleteFrom(table)
      .where('workspace', '=', WORKSPACE)
      .where('trace', 'in', [...ids])
      .execute();
  }
  const { numDeletedRows } = await trx
    .deleteFrom('traces')
    .where('workspace', '=', WORKSPACE)
    .where('id', 'in', [...ids])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function listPairs(db: Db, table: PairTable, traces: readonly string[]): Promise<Map<string, Pair[]>> {
  const rows = await db
    .selectFrom(table)
    .select(['trace', 'key', 'value'])
    .where('workspace', '=', WORKSPACE)
    .where('trace', 'in', [...traces])
    .orderBy('trace')
    .orderBy('key')
    .execute();
  return Map.groupBy(rows, ({ trace }) => trace);
}

function toRow(trace: Trace): Omit<TraceTable, 'workspace'> {
  return {
    id: trace.id,
    experiment: trace.experiment,
    timestamp_ms: trace.startedAt,
    execution_ms: trace.durationMs,
    state: trace.state,
    name: trace.name,
    session: trace.session,
    client_request_id: trace.clientRequestId,
    request_preview: trace.requestPreview,
    response_preview: trace.responsePreview,
    job: trace.job,
    finalized: trace.finalized ? 1 : 0,
    ...columnsOf(TOKEN_KEYS, trace.tokens),
    ...columnsOf(COST_KEYS, trace.cost),
  };
}

export function toTrace(row: Omit<TraceTable, 'workspace'>): Trace {
  return {
    id: row.id,
    experiment: row.experiment,
    startedAt: row.timestamp_ms,
    durationMs: row.execution_ms,
    state: row.state,
    name: row.name,
    session: row.session,
    clientRequestId: row.client_request_id,
    requestPreview: row.request_preview,
    responsePreview: row.response_preview,
    job: row.job,
    finalized: row.finalized === 1,
    tokens: totalsOf(TOKEN_KEYS, row),
    cost: totalsOf(COST_KEYS, row),
  };
}

export function columnsOf<Key extends string>(keys: readonly Key[], totals: Totals<Key>): Record<Key, number | null> {
  return Object.fromEntries(keys.map((key) => [key, totals[key] ?? null])) as Record<Key, number | null>;
}

function totalsOf<Key extends string>(keys: readonly Key[], row: Readonly<Record<Key, number | null>>): Totals<Key> {
  const totals: Partial<Record<Key, number>> = {};
  for (const key of keys) {
    const value = row[key];
    if (value !== null) totals[key] = value;
  }
  return totals;
}
