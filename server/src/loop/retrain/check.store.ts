import type { Db, Trx } from '../../database.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Verdict, VerdictKind } from './decide.ts';
import { WORKSPACE } from './policy.ts';

/** One decision to fire or not; the same verdict for the same reason in a row is one, with a count. */
export interface PolicyCheckTable {
  workspace: string;
  id: string;
  policy: string;
  policy_version: number;
  kind: VerdictKind;
  code: string;
  summary: string;
  /** JSON: string[]. */
  reasons: string;
  firing: string | null;
  times: number;
  first_at: number;
  last_at: number;
  first_event_time: number | null;
  last_event_time: number | null;
  first_occasion: string;
  last_occasion: string;
  first_cause: string | null;
  last_cause: string | null;
}

export interface CheckTables {
  policy_checks: PolicyCheckTable;
}

export interface Check {
  readonly id: string;
  readonly policy: string;
  readonly policyVersion: number;
  readonly kind: VerdictKind;
  /** Of the last of them. */
  readonly summary: string;
  readonly reasons: readonly string[];
  /** Id of the firing that it started. */
  readonly firing: string | null;
  readonly times: number;
  /** Milliseconds since the epoch, the server's clock. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly firstEventTime: number | null;
  readonly lastEventTime: number | null;
  /** What made somebody look: `window.closed window:flights@…`. */
  readonly firstOccasion: string;
  readonly lastOccasion: string;
  /** Ids of events or requests. */
  readonly firstCause: string | null;
  readonly lastCause: string | null;
}

export interface NewCheck {
  readonly policy: string;
  readonly policyVersion: number;
  readonly verdict: Verdict;
  readonly firing: string | null;
  readonly eventTime: number | null;
  readonly occasion: string;
  readonly cause: string | null;
  readonly now: number;
}

/** Call once per moment, under the lock of the endpoint. */
export async function recordCheck(trx: Trx, check: NewCheck): Promise<void> {
  const { policy, policyVersion, verdict, firing, eventTime, occasion, cause, now } = check;
  const last = await checks(trx, policy).orderBy('id', 'desc').limit(1).executeTakeFirst();
  const said = { summary: verdict.text, reasons: JSON.stringify(verdict.reasons) };
  const newest = { last_at: now, last_event_time: eventTime, last_occasion: occasion, last_cause: cause };
  if (last && last.code === verdict.code && last.policy_version === policyVersion && verdict.kind !== 'fire') {
    await trx
      .updateTable('policy_checks')
      .set({ ...said, ...newest, times: last.times + 1 })
      .where('workspace', '=', WORKSPACE)
      .where('id', '=', last.id)
      .execute();
    return;
  }
  await trx
    .insertInto('policy_checks')
    .values({
      ...{ workspace: WORKSPACE, id: uuidv7(now), policy, policy_version: policyVersion },
      ...{ kind: verdict.kind, code: verdict.code, ...said, firing, times: 1, ...newest },
      ...{ first_at: now, first_event_time: eventTime, first_occasion: occasion, first_cause: cause },
    })
    .execute();
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listChecks(
  db: Db,
  policy: string,
  page: { readonly before: string | null; readonly limit: number },
): Promise<Check[]> {
  let query = checks(db, policy).orderBy('id', 'desc').limit(page.limit);
  if (page.before !== null) query = query.where('id', '<', page.before);
  return (await query.execute()).map(toCheck);
}

function checks(db: Db, policy: string) {
  return db.selectFrom('policy_checks').selectAll().where('workspace', '=', WORKSPACE).where('policy', '=', policy);
}

function toCheck(row: PolicyCheckTable): Check {
  return {
    ...{ id: row.id, policy: row.policy, policyVersion: row.policy_version, kind: row.kind, summary: row.summary },
    ...{ reasons: JSON.parse(row.reasons) as string[], firing: row.firing, times: row.times },
    ...{ firstAt: row.first_at, lastAt: row.last_at },
    ...{ firstEventTime: row.first_event_time, lastEventTime: row.last_event_time },
    ...{ firstOccasion: row.first_occasion, lastOccasion: row.last_occasion },
    ...{ firstCause: row.first_cause, lastCause: row.last_cause },
  };
}
