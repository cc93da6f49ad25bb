import type { Db, Trx } from '../../../database.ts';
import { WORKSPACE } from '../model.ts';
import type { DeliveryState, MlflowDelivery, MlflowWebhook, Signer, Topic } from './webhook.ts';

export interface MlflowWebhookTable {
  workspace: string;
  id: string;
  name: string;
  description: string | null;
  url: string;
  /** JSON list of topics. */
  topics: string;
  /** It has to sign, so that its hash would not do. */
  secret: string | null;
  active: number;
  created_at: number;
  updated_at: number;
}

export interface MlflowDeliveryTable {
  workspace: string;
  id: string;
  webhook: string;
  body: string;
  state: DeliveryState;
  attempts: number;
  next_at: number | null;
  status: number | null;
  error: string | null;
  created_at: number;
  finished_at: number | null;
}

export interface MlflowWebhookTables {
  mlflow_webhooks: MlflowWebhookTable;
  mlflow_webhook_deliveries: MlflowDeliveryTable;
}

export async function insertWebhook(trx: Trx, webhook: Signer): Promise<void> {
  const { id, name, description, url, topics, secret, active, createdAt, updatedAt } = webhook;
  await trx
    .insertInto('mlflow_webhooks')
    .values({
      ...{ workspace: WORKSPACE, id, name, description, url, topics: JSON.stringify(topics), secret },
      ...{ active: active ? 1 : 0, created_at: createdAt, updated_at: updatedAt },
    })
    .execute();
}

export async function findWebhook(db: Db, id: string): Promise<Signer | undefined> {
  const row = await webhooks(db).where('id', '=', id).executeTakeFirst();
  return row && toWebhook(row);
}

/** Newest first; `after` is the last of the page before. */
export async function listWebhooks(
  db: Db,
  page: { readonly after: { readonly createdAt: number; readonly id: string } | null; readonly limit: number },
): Promise<MlflowWebhook[]> {
  const { after, limit } = page;
  let query = webhooks(db).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit);
  if (after) {
    query = query.where((eb) =>
      eb.or([
        eb('created_at', '<', after.createdAt),
        eb.and([eb('created_at', '=', after.createdAt), eb('id', '<', after.id)]),
      ]),
    );
  }
  return (await query.execute()).map(toWebhook);
}

/** Those that are told of something at all. */
export async function listActiveWebhooks(db: Db): Promise<MlflowWebhook[]> {
  return (await webhooks(db).where('active', '=', 1).execute()).map(toWebhook);
}

export async function updateWebhook(trx: Trx, webhook: Signer): Promise<void> {
  const { id, name, description, url, topics, secret, active, updatedAt } = webhook;
  await trx
    .updateTable('mlflow_webhooks')
    .set({
      ...{ name, description, url, topics: JSON.stringify(topics), secret },
      ...{ active: active ? 1 : 0, updated_at: updatedAt },
    })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .execute();
}

/** With its deliveries; false when there is none. */
export async function deleteWebhook(trx: Trx, id: string): Promise<boolean> {
  await trx
    .deleteFrom('mlflow_webhook_deliveries')
    .where('workspace', '=', WORKSPACE)
    .where('webhook', '=', id)
    .execute();
  const { numDeletedRows } = await trx
    .deleteFrom('mlflow_webhooks')
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function insertDelivery(
  trx: Trx,
  { id, webhook, body, now }: { id: string; webhook: string; body: string; now: number },
): Promise<void> {
  await trx
    .insertInto('mlflow_webhook_deliveries')
    .values({
      ...{ workspace: WORKSPACE, id, webhook, body, state: 'pending', attempts: 0, next_at: now },
      ...{ status: null, error: null, created_at: now, finished_at: null },
    })
    .execute();
}

export async function findDelivery(db: Db, id: string): Promise<MlflowDelivery | undefined> {
  const row = await db
    .selectFrom('mlflow_webhook_deliveries')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const { webhook, body, state, attempts, next_at: nextAt } = row;
  return { id, webhook, body, state, attempts: Number(attempts), nextAt: nextAt === null ? null : Number(nextAt) };
}

export interface AttemptResult {
  readonly state: DeliveryState;
  readonly nextAt: number | null;
  /** HTTP status; null: none came. */
  readonly status: number | null;
  readonly error: string | null;
  readonly now: number;
}

/** False when it was decided meanwhile. */
export async function writeAttempt(
  trx: Trx,
  { id, attempts }: Pick<MlflowDelivery, 'id' | 'attempts'>,
  { state, nextAt, status, error, now }: AttemptResult,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('mlflow_webhook_deliveries')
    .set({
      ...{ state, attempts: attempts + 1, next_at: nextAt, status, error },
      finished_at: state === 'pending' ? null : now,
    })
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Forgets what was over before a time, of one webhook. */
export async function deleteFinished(trx: Trx, webhook: string, before: number): Promise<void> {
  await trx
    .deleteFrom('mlflow_webhook_deliveries')
    .where('workspace', '=', WORKSPACE)
    .where('webhook', '=', webhook)
    .where('finished_at', '<', before)
    .execute();
}

function webhooks(db: Db) {
  return db.selectFrom('mlflow_webhooks').selectAll().where('workspace', '=', WORKSPACE);
}

function toWebhook(row: MlflowWebhookTable): Signer {
  const { id, name, description, url, topics, secret, active, created_at, updated_at } = row;
  return {
    ...{ id, name, description, url, secret, topics: JSON.parse(topics) as Topic[], active: Number(active) === 1 },
    ...{ createdAt: Number(created_at), updatedAt: Number(updated_at) },
  };
}
