import type { Db, Trx } from '../../../database.ts';
import { WORKSPACE } from '../workspace.ts';
import { type Assessment, type AssessmentKind, aggregateOf, type SourceType } from './assessment.ts';
import { SESSION_METADATA } from './trace.ts';

export interface AssessmentTable {
  workspace: string;
  trace: string;
  id: string;
  name: string;
  kind: AssessmentKind;
  value: string;
  /** JSON. */
  error: string | null;
  source_type: SourceType;
  source_id: string | null;
  run: string | null;
  span: string | null;
  rationale: string | null;
  /** JSON. */
  metadata: string | null;
  overrides: string | null;
  valid: 0 | 1;
  aggregate: number | null;
  is_number: 0 | 1;
  /** 1: it holds for all traces of the session of its trace. */
  of_session: 0 | 1;
  created_at: number;
  updated_at: number;
}

export interface AssessmentTables {
  trace_assessments: AssessmentTable;
}

/** By trace, the oldest first. */
export async function listAssessments(db: Db, traces: readonly string[]): Promise<Map<string, Assessment[]>> {
  const rows = await db
    .selectFrom('trace_assessments')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('trace', 'in', [...traces])
    .orderBy('trace')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return Map.groupBy(rows.map(toAssessment), ({ trace }) => trace);
}

export async function findAssessment(db: Db, trace: string, id: string): Promise<Assessment | undefined> {
  const row = await db
    .selectFrom('trace_assessments')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('trace', '=', trace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toAssessment(row);
}

/** One that has its id already becomes this one. */
export async function upsertAssessment(trx: Trx, assessment: Assessment): Promise<void> {
  const row = toRow(assessment);
  await trx
    .insertInto('trace_assessments')
    .values(row)
    .onConflict((conflict) => conflict.columns(['workspace', 'trace', 'id']).doUpdateSet(row))
    .execute();
}

/** False when there is none. */
export async function setValidity(trx: Trx, trace: string, id: string, valid: boolean): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('trace_assessments')
    .set({ valid: valid ? 1 : 0 })
    .where('workspace', '=', WORKSPACE)
    .where('trace', '=', trace)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function deleteAssessmentRow(trx: Trx, trace: string, id: string): Promise<void> {
  await trx
    .deleteFrom('trace_assessments')
    .where('workspace', '=', WORKSPACE)
    .where('trace', '=', trace)
    .where('id', '=', id)
    .execute();
}

function toRow(assessment: Assessment): AssessmentTable {
  const { id, trace, name, kind, value, run, span, rationale, overrides, metadata, error } = assessment;
  const { aggregate, isNumber } = aggregateOf(value);
  return {
    ...{ workspace: WORKSPACE, id, trace, name, kind, value, run, span, rationale, overrides, aggregate },
    error: error && JSON.stringify(error),
    source_type: assessment.sourceType,
    source_id: assessment.sourceId,
    metadata: metadata && JSON.stringify(metadata),
    valid: assessment.valid ? 1 : 0,
    is_number: isNumber ? 1 : 0,
    of_session: metadata?.[SESSION_METADATA] === undefined ? 0 : 1,
    created_at: assessment.createdAt,
    updated_at: assessment.updatedAt,
  };
}

function toAssessment(row: AssessmentTable): Assessment {
  return {
    id: row.id,
    trace: row.trace,
    name: row.name,
    kind: row.kind,
    value: row.value,
    error: row.error === null ? null : (JSON.parse(row.error) as Assessment['error']),
    sourceType: row.source_type,
    sourceId: row.source_id,
    run: row.run,
    span: row.span,
    rationale: row.rationale,
    metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as Record<string, string>),
    overrides: row.overrides,
    valid: row.valid === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
