import type { Db, Trx } from '../../../database.ts';
import type { ArmCounts } from '../desired-state.schema.ts';
import { WORKSPACE } from '../endpoint.ts';
import type { Traffic } from '../traffic.ts';
import {
  type Evidence,
  type Hold,
  type HoldKind,
  noEvidence,
  openStates,
  type Rollout,
  type RolloutPlan,
  type RolloutState,
} from './rollout.ts';

export interface RolloutTable {
  workspace: string;
  id: string;
  endpoint: string;
  /** Of the request that started it: again gives the same rollout. */
  request_key: string;
  candidate: string;
  version: string;
  previous: string | null;
  decision: string;
  plan: string;
  state: RolloutState;
  step: number;
  before: string;
  held_kind: HoldKind | null;
  held: string | null;
  waived: string;
  evidence: string;
  /** JSON: counter → what the guards have taken in of it. */
  seen: string;
  reason: string | null;
  revision: number;
  last_event: string;
  actor: string;
  created_at: number;
  entered_at: number;
  changed_at: number;
  ended_at: number | null;
}

export interface RolloutTables {
  rollouts: RolloutTable;
}

/** Counter → what was taken in of it. */
export type SeenCounters = Readonly<Record<string, ArmCounts>>;

export type NewRollout = Pick<
  Rollout,
  | 'id'
  | 'endpoint'
  | 'candidate'
  | 'version'
  | 'previous'
  | 'decision'
  | 'plan'
  | 'before'
  | 'actor'
  | 'lastEvent'
  | 'createdAt'
> & { readonly key: string };

export async function insertRollout(trx: Trx, rollout: NewRollout): Promise<void> {
  const { id, endpoint, candidate, version, previous, decision, plan, before, actor, lastEvent, createdAt } = rollout;
  await trx
    .insertInto('rollouts')
    .values({
      ...{ workspace: WORKSPACE, id, endpoint, request_key: rollout.key, candidate, version, previous, decision },
      ...{ plan: JSON.stringify(plan), state: 'parity', step: -1, before: JSON.stringify(before) },
      ...{ held_kind: null, held: null, waived: '[]', evidence: JSON.stringify(noEvidence), seen: '{}' },
      ...{ reason: null, revision: 1, last_event: lastEvent, actor, created_at: createdAt, entered_at: createdAt },
      ...{ changed_at: createdAt, ended_at: null },
    })
    .execute();
}

export async function findRollout(db: Db, id: string): Promise<Rollout | undefined> {
  const row = await rollouts(db).where('id', '=', id).executeTakeFirst();
  return row && toRollout(row);
}

export async function findRolloutByKey(db: Db, key: string): Promise<Rollout | undefined> {
  const row = await rollouts(db).where('request_key', '=', key).executeTakeFirst();
  return row && toRollout(row);
}

/** The one that is not over. */
export async function findOpenRollout(db: Db, endpoint: string): Promise<Rollout | undefined> {
  const row = await rollouts(db).where('endpoint', '=', endpoint).where('ended_at', 'is', null).executeTakeFirst();
  return row && toRollout(row);
}

/** Newest first; `before` is the last id of the page before. */
export async function listRollouts(
  db: Db,
  { endpoint, before, limit }: { endpoint: string; before?: string | null; limit: number },
): Promise<Rollout[]> {
  let query = rollouts(db).where('endpoint', '=', endpoint).orderBy('id', 'desc').limit(limit);
  if (before !== undefined && before !== null) query = query.where('id', '<', before);
  return (await query.execute()).map(toRollout);
}

/** Endpoints that have an open rollout. */
export async function listWatchedEndpoints(db: Db): Promise<Set<string>> {
  const rows = await db
    .selectFrom('rollouts')
    .select('endpoint')
    .where('workspace', '=', WORKSPACE)
    .where('ended_at', 'is', null)
    .execute();
  return new Set(rows.map(({ endpoint }) => endpoint));
}

export async function readSeenCounters(db: Db, id: string): Promise<SeenCounters> {
  const row = await db
    .selectFrom('rollouts')
    .select('seen')
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .executeTakeFirst();
  return JSON.parse(row?.seen ?? '{}') as SeenCounters;
}

export interface RolloutChange {
  readonly state?: RolloutState;
  readonly step?: number;
  readonly held?: Hold | null;
  readonly waived?: readonly string[];
  readonly plan?: RolloutPlan;
  readonly decision?: string;
  readonly evidence?: Evidence;
  readonly seen?: SeenCounters;
  readonly reason?: string;
  readonly lastEvent?: string;
  readonly now: number;
}

/** One change of the row that was read; false when somebody else changed it since. */
export async function updateRollout(
  trx: Trx,
  { id, revision }: Pick<Rollout, 'id' | 'revision'>,
  change: RolloutChange,
): Promise<boolean> {
  const { state, step, held, waived, plan, decision, evidence, seen, reason, lastEvent, now } = change;
  const { numUpdatedRows } = await trx
    .updateTable('rollouts')
    .set({
      ...{ revision: revision + 1, changed_at: now },
      ...(state === undefined ? {} : { state, entered_at: now, ended_at: openStates.includes(state) ? null : now }),
      ...(step === undefined ? {} : { step }),
      ...(held === undefined ? {} : { held_kind: held?.kind ?? null, held: held?.text ?? null }),
      ...(plan === undefined ? {} : { plan: JSON.stringify(plan) }),
      ...(decision === undefined ? {} : { decision }),
      ...(waived === undefined ? {} : { waived: JSON.stringify(waived) }),
      ...(evidence === undefined ? {} : { evidence: JSON.stringify(evidence) }),
      ...(seen === undefined ? {} : { seen: JSON.stringify(seen) }),
      ...(reason === undefined ? {} : { reason }),
      ...(lastEvent === undefined ? {} : { last_event: lastEvent }),
    })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('revision', '=', revision)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function rollouts(db: Db) {
  return db.selectFrom('rollouts').selectAll().where('workspace', '=', WORKSPACE);
}

function toRollout(row: RolloutTable): Rollout {
  return {
    id: row.id,
    endpoint: row.endpoint,
    candidate: row.candidate,
    version: row.version,
    previous: row.previous,
    decision: row.decision,
    plan: JSON.parse(row.plan) as RolloutPlan,
    state: row.state,
    step: row.step,
    before: JSON.parse(row.before) as Traffic,
    held: row.held_kind === null ? null : { kind: row.held_kind, text: row.held ?? '' },
    waived: JSON.parse(row.waived) as string[],
    evidence: JSON.parse(row.evidence) as Evidence,
    reason: row.reason,
    revision: row.revision,
    lastEvent: row.last_event,
    actor: row.actor,
    createdAt: row.created_at,
    enteredAt: row.entered_at,
    changedAt: row.changed_at,
    endedAt: row.ended_at,
  };
}
