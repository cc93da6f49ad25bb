import type { Db, Trx } from '../../database.ts';
import type { Webhook } from './webhook.ts';

const WORKSPACE = 'default';

export interface WebhookTable {
  id: string;
  workspace: string;
  name: string;
  url: string;
  /** JSON list of patterns. */
  events: string;
  /** As it was shown once; it has to sign, so that its hash would not do. */
  secret: string;
  active: number;
  after_seq: number;
  created_at: number;
  created_by: string;
}

export interface WebhookTables {
  webhooks: WebhookTable;
}

const SHOWN = ['id', 'name', 'url', 'events', 'active', 'after_seq', 'created_at', 'created_by'] as const;

/** False when the name is taken. */
export async function insertWebhook(trx: Trx, { secret, ...webhook }: Webhook & { readonly secret: string }) {
  const { id, name, url, events, active, afterSeq, createdAt, createdBy } = webhook;
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('webhooks')
    .values({
      ...{ id, workspace: WORKSPACE, name, url, secret, events: JSON.stringify(events), active: active ? 1 : 0 },
      ...{ after_seq: afterSeq, created_at: createdAt, created_by: createdBy },
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function listWebhooks(db: Db): Promise<Webhook[]> {
  const rows = await db
    .selectFrom('webhooks')
    .select(SHOWN)
    .where('workspace', '=', WORKSPACE)
    .orderBy('name')
    .execute();
  return rows.map(toWebhook);
}

export async function findWebhook(db: Db, name: string): Promise<Webhook | undefined> {
  const row = await db
    .selectFrom('webhooks')
    .select(SHOWN)
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && toWebhook(row);
}

/** What a delivery needs: the webhook with its secret. */
export async function findSigner(db: Db, id: string): Promise<(Webhook & { readonly secret: string }) | undefined> {
  const row = await db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
  return row && { ...toWebhook(row), secret: row.secret };
}

export async function deleteWebhook(trx: Trx, id: string): Promise<boolean> {
  const { numDeletedRows } = await trx.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst();
  return numDeletedRows === 1n;
}

/** False when it was so already. */
export async function writeActive(trx: Trx, id: string, active: boolean): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('webhooks')
    .set({ active: active ? 1 : 0 })
    .where('id', '=', id)
    .where('active', '=', active ? 0 : 1)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function toWebhook(row: Pick<WebhookTable, (typeof SHOWN)[number]>): Webhook {
  const { id, name, url, events, active, after_seq, created_at, created_by } = row;
  return {
    ...{ id, name, url, events: JSON.parse(events) as string[], active: Number(active) === 1 },
    ...{ afterSeq: Number(after_seq), createdAt: Number(created_at), createdBy: created_by },
  };
}
