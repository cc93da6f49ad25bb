import type { Db, Trx } from '../../database.ts';
import { type Pause, type Policy, type StoredPolicy, WORKSPACE } from './policy.ts';

export interface PolicyTable {
  workspace: string;
  name: string;
  endpoint: string;
  dataset: string;
  version: number;
  /** JSON of {@link Policy}. */
  body: string;
  /** JSON of {@link Pause}. */
  paused: string | null;
  forgiven_until: number;
  webhook_secret_hash: string | null;
  changed_at: number;
  changed_by: string;
}

/** Never changed: what a policy said, since when, and who said it. */
export interface PolicyVersionTable {
  workspace: string;
  policy: string;
  version: number;
  /** Null: it was removed. */
  body: string | null;
  changed_at: number;
  changed_by: string;
  cause: string | null;
}

export interface PolicyTables {
  policies: PolicyTable;
  policy_versions: PolicyVersionTable;
}

export interface PolicyVersion {
  readonly version: number;
  readonly policy: Policy | null;
  readonly changedAt: number;
  readonly changedBy: string;
  readonly cause: string | null;
}

export async function findPolicy(db: Db, name: string): Promise<StoredPolicy | undefined> {
  const row = await policies(db).where('name', '=', name).executeTakeFirst();
  return row && toPolicy(row);
}

/** By name. */
export async function listPolicies(db: Db, of: { endpoint?: string; dataset?: string } = {}): Promise<StoredPolicy[]> {
  let query = policies(db).orderBy('name');
  if (of.endpoint !== undefined) query = query.where('endpoint', '=', of.endpoint);
  if (of.dataset !== undefined) query = query.where('dataset', '=', of.dataset);
  return (await query.execute()).map(toPolicy);
}

/** Writes the next version of a policy; answers its number. Call under the lock of the policy. */
export async function writePolicy(
  trx: Trx,
  policy: Policy,
  by: { readonly actor: string; readonly cause: string | null; readonly now: number },
): Promise<number> {
  const body = JSON.stringify(policy);
  const version = await appendVersion(trx, policy.name, body, by);
  const row = {
    ...{ endpoint: policy.endpoint, dataset: policy.data.dataset, version, body },
    ...{ changed_at: by.now, changed_by: by.actor },
  };
  await trx
    .insertInto('policies')
    .values({
      ...{ workspace: WORKSPACE, name: policy.name, ...row },
      ...{ paused: null, forgiven_until: 0, webhook_secret_hash: null },
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doUpdateSet(row))
    .execute();
  return version;
}

/** False when there was none; its versions and firings stay. */
export async function deletePolicy(
  trx: Trx,
  name: string,
  by: { readonly actor: string; readonly cause: string | null; readonly now: number },
): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('policies')
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  if (numDeletedRows !== 1n) return false;
  await appendVersion(trx, name, null, by);
  return true;
}

export async function writePause(trx: Trx, name: string, pause: Pause): Promise<void> {
  await trx
    .updateTable('policies')
    .set({ paused: JSON.stringify(pause) })
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .execute();
}

/** Rejections of firings up to that number count no more. */
export async function endPause(trx: Trx, name: string, forgivenUntil: number): Promise<void> {
  await trx
    .updateTable('policies')
    .set({ paused: null, forgiven_until: forgivenUntil })
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .execute();
}

export async function writeWebhookSecret(trx: Trx, name: string, hash: string): Promise<void> {
  await trx
    .updateTable('policies')
    .set({ webhook_secret_hash: hash })
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .execute();
}

/** Newest first. */
export async function listPolicyVersions(db: Db, name: string, limit: number): Promise<PolicyVersion[]> {
  const rows = await db
    .selectFrom('policy_versions')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('policy', '=', name)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ version, body, changed_at: changedAt, changed_by: changedBy, cause }) => ({
    ...{ version, policy: body === null ? null : (JSON.parse(body) as Policy), changedAt, changedBy, cause },
  }));
}

export async function findPolicyVersion(db: Db, name: string, version: number): Promise<Policy | null> {
  const row = await db
    .selectFrom('policy_versions')
    .select('body')
    .where('workspace', '=', WORKSPACE)
    .where('policy', '=', name)
    .where('version', '=', version)
    .executeTakeFirst();
  return row?.body == null ? null : (JSON.parse(row.body) as Policy);
}

async function appendVersion(
  trx: Trx,
  policy: string,
  body: string | null,
  { actor, cause, now }: { readonly actor: string; readonly cause: string | null; readonly now: number },
): Promise<number> {
  const { newest } = await trx
    .selectFrom('policy_versions')
    .select((eb) => eb.fn.max('version').as('newest'))
    .where('workspace', '=', WORKSPACE)
    .where('policy', '=', policy)
    .executeTakeFirstOrThrow();
  const version = Number(newest ?? 0) + 1;
  await trx
    .insertInto('policy_versions')
    .values({ workspace: WORKSPACE, policy, version, body, changed_at: now, changed_by: actor, cause })
    .execute();
  return version;
}

function policies(db: Db) {
  return db.selectFrom('policies').selectAll().where('workspace', '=', WORKSPACE);
}

function toPolicy(row: PolicyTable): StoredPolicy {
  return {
    policy: JSON.parse(row.body) as Policy,
    version: row.version,
    paused: row.paused === null ? null : (JSON.parse(row.paused) as Pause),
    forgivenUntil: row.forgiven_until,
    webhookSecretHash: row.webhook_secret_hash,
    changedAt: row.changed_at,
    changedBy: row.changed_by,
  };
}
