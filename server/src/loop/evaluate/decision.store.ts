import type { Db, Trx } from '../../database.ts';
import type { Decision, DecisionKind, DecisionState, Ruling, Verdict } from './decision.ts';
import { WORKSPACE } from './gate.ts';

export interface DecisionTable {
  workspace: string;
  id: string;
  /** Of the request: whoever sends it again gets the same decision. */
  request_key: string | null;
  kind: DecisionKind;
  state: DecisionState;
  verdict: Verdict | null;
  headline: string;
  /** JSON, as are evidence, meaning, columns and gate. */
  reasons: string;
  evidence: string | null;
  subject: string;
  candidate: string;
  champion: string | null;
  dataset: string | null;
  meaning: string | null;
  columns: string | null;
  gate: string | null;
  progress: string | null;
  actor: string;
  cause: string | null;
  event: string | null;
  created_at: number;
  made_at: number | null;
}

export interface DecisionTables {
  decisions: DecisionTable;
}

export async function findDecision(db: Db, id: string): Promise<Decision | undefined> {
  const row = await decisions(db).where('id', '=', id).executeTakeFirst();
  return row && toDecision(row);
}

export async function findDecisionByKey(db: Db, key: string): Promise<Decision | undefined> {
  const row = await decisions(db).where('request_key', '=', key).executeTakeFirst();
  return row && toDecision(row);
}

export interface DecisionFilter {
  readonly subject: string | null;
  readonly before: string | null;
  readonly limit: number;
}

/** Newest first. */
export async function listDecisions(db: Db, { subject, before, limit }: DecisionFilter): Promise<Decision[]> {
  let query = decisions(db).orderBy('id', 'desc').limit(limit);
  if (subject !== null) query = query.where('subject', '=', subject);
  if (before !== null) query = query.where('id', '<', before);
  return (await query.execute()).map(toDecision);
}

/** False when the key is taken. */
export async function insertDecision(trx: Trx, decision: Decision, key: string | null): Promise<boolean> {
  const { meaning, columns, gate, evidence, reasons, createdAt, madeAt, ...same } = decision;
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  const result = await trx
    .insertInto('decisions')
    .values({
      ...same,
      workspace: WORKSPACE,
      request_key: key,
      reasons: JSON.stringify(reasons),
      ...{ meaning: json(meaning), columns: json(columns), gate: json(gate), evidence: json(evidence) },
      ...{ created_at: createdAt, made_at: madeAt },
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'request_key']).doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

/** False when it is not pending any more. */
export async function markRunning(trx: Trx, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('decisions')
    .set({ state: 'running' })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** For a person; a line that is lost does no harm. */
export async function noteProgress(trx: Trx, id: string, progress: string): Promise<void> {
  await trx
    .updateTable('decisions')
    .set({ progress })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', '=', 'running')
    .execute();
}

/** False when it was made before: what was decided once stays. */
export async function markMade(
  trx: Trx,
  id: string,
  { verdict, headline, reasons, evidence, madeAt }: Ruling & { readonly madeAt: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('decisions')
    .set({
      ...{ state: 'made', verdict, headline, made_at: madeAt, progress: null },
      reasons: JSON.stringify(reasons),
      evidence: evidence && JSON.stringify(evidence),
    })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', 'in', ['pending', 'running'])
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The event that told of it, in the same transaction. */
export async function noteEvent(trx: Trx, id: string, event: string): Promise<void> {
  await trx.updateTable('decisions').set({ event }).where('workspace', '=', WORKSPACE).where('id', '=', id).execute();
}

function decisions(db: Db) {
  return db.selectFrom('decisions').selectAll().where('workspace', '=', WORKSPACE);
}

function toDecision(row: DecisionTable): Decision {
  const { id, kind, state, verdict, headline, subject, candidate, champion, dataset, progress, actor, cause } = row;
  const parse = <T>(text: string | null) => (text === null ? null : (JSON.parse(text) as T));
  return {
    ...{ id, kind, state, verdict, headline, subject, candidate, champion, dataset, progress, actor, cause },
    event: row.event,
    reasons: JSON.parse(row.reasons) as string[],
    evidence: parse(row.evidence),
    meaning: parse(row.meaning),
    columns: parse(row.columns),
    gate: parse(row.gate),
    createdAt: row.created_at,
    madeAt: row.made_at,
  };
}
