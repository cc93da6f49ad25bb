import type { Db, Trx } from '../../database.ts';
import type { Firing, FiringState, Frozen } from './firing.ts';
import { WORKSPACE } from './policy.ts';
import type { Met } from './triggers.ts';
import type { Outcome } from './world.ts';

export interface FiringTable {
  workspace: string;
  id: string;
  policy: string;
  policy_version: number;
  number: number;
  endpoint: string;
  state: FiringState;
  /** JSON of {@link Met}s. */
  met: string;
  event_time: number | null;
  matured_until: number | null;
  as_of: number | null;
  /** JSON of {@link Frozen}. */
  frozen: string | null;
  base: number | null;
  training: string | null;
  holdout: string | null;
  /** JSON of the request. */
  job_request: string | null;
  job: string | null;
  version: string | null;
  champion: string | null;
  decision: string | null;
  rollout: string | null;
  outcome: Outcome | null;
  summary: string | null;
  next_step: string | null;
  progress: string | null;
  actor: string;
  cause: string | null;
  last_event: string | null;
  created_at: number;
  changed_at: number;
  ended_at: number | null;
}

export interface FiringTables {
  firings: FiringTable;
}

type Changes = Partial<Omit<FiringTable, 'workspace' | 'id' | 'policy' | 'number' | 'endpoint'>>;

export type NewFiring = Pick<
  FiringTable,
  'id' | 'policy' | 'policy_version' | 'endpoint' | 'met' | 'event_time' | 'matured_until' | 'actor' | 'cause'
> & { readonly now: number };

/** Answers the number that it got. Call under the lock of the endpoint. */
export async function insertFiring(trx: Trx, { now, ...given }: NewFiring): Promise<number> {
  const { newest } = await trx
    .selectFrom('firings')
    .select((eb) => eb.fn.max('number').as('newest'))
    .where('workspace', '=', WORKSPACE)
    .where('policy', '=', given.policy)
    .executeTakeFirstOrThrow();
  const number = Number(newest ?? 0) + 1;
  await trx
    .insertInto('firings')
    .values({
      ...{ workspace: WORKSPACE, ...given, number, state: 'fired', created_at: now, changed_at: now },
      ...{ as_of: null, frozen: null, base: null, training: null, holdout: null, job_request: null, job: null },
      ...{ version: null, champion: null, decision: null, rollout: null, outcome: null, summary: null },
      ...{ next_step: null, progress: null, last_event: null, ended_at: null },
    })
    .execute();
  return number;
}

/** Compare and set: false when the firing is elsewhere by now. */
export async function moveFiring(
  trx: Trx,
  id: string,
  from: FiringState,
  change: Changes & { readonly state: FiringState; readonly changed_at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('firings')
    .set({ progress: null, ...change })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Notes something of a firing that stays in its state; false when it is elsewhere by now. */
export async function noteFiring(trx: Trx, id: string, state: FiringState, change: Changes): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('firings')
    .set(change)
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', '=', state)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function findFiring(db: Db, id: string): Promise<Firing | undefined> {
  const row = await firings(db).where('id', '=', id).executeTakeFirst();
  return row && toFiring(row);
}

export interface FiringQuery {
  readonly policy?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Only those that are not done. */
  readonly open?: boolean | undefined;
  /** Id of the last one of the page before. */
  readonly before?: string | null | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listFirings(db: Db, { policy, endpoint, open, before, limit }: FiringQuery): Promise<Firing[]> {
  let query = firings(db).orderBy('id', 'desc').limit(limit);
  if (policy !== undefined) query = query.where('policy', '=', policy);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  if (open === true) query = query.where('ended_at', 'is', null);
  if (before != null) query = query.where('id', '<', before);
  return (await query.execute()).map(toFiring);
}

/** The newest firing before this one that froze rows onto the same pushed version for the same policy. */
export async function findFrozenBefore(
  db: Db,
  { policy, number, base }: { readonly policy: string; readonly number: number; readonly base: number },
): Promise<Firing | undefined> {
  const row = await firings(db)
    .where('policy', '=', policy)
    .where('number', '<', number)
    .where('base', '=', base)
    .where('training', 'is not', null)
    .where('frozen', 'is not', null)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toFiring(row);
}

function firings(db: Db) {
  return db.selectFrom('firings').selectAll().where('workspace', '=', WORKSPACE);
}

function toFiring(row: FiringTable): Firing {
  return {
    ...{ id: row.id, policy: row.policy, policyVersion: row.policy_version, number: row.number },
    ...{ endpoint: row.endpoint, state: row.state, met: JSON.parse(row.met) as Met[] },
    ...{ eventTime: row.event_time, maturedUntil: row.matured_until, asOf: row.as_of },
    frozen: row.frozen === null ? null : (JSON.parse(row.frozen) as Frozen),
    ...{ base: row.base, training: row.training, holdout: row.holdout },
    jobRequest: row.job_request === null ? null : (JSON.parse(row.job_request) as unknown),
    ...{ job: row.job, version: row.version, champion: row.champion, decision: row.decision, rollout: row.rollout },
    ...{ outcome: row.outcome, summary: row.summary, nextStep: row.next_step, progress: row.progress },
    ...{ actor: row.actor, cause: row.cause, lastEvent: row.last_event },
    ...{ createdAt: row.created_at, changedAt: row.changed_at, endedAt: row.ended_at },
  };
}
