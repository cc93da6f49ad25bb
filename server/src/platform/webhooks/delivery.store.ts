import type { Db, Trx } from '../../database.ts';
import { toEvent } from '../events/event.store.ts';
import type { StoredEvent } from '../events/events.ts';
import type { Delivery, DeliveryState } from './webhook.ts';

const WORKSPACE = 'default';

export interface WebhookDeliveryTable {
  id: string;
  workspace: string;
  /** Id of the webhook. */
  webhook: string;
  event: string;
  type: string;
  state: DeliveryState;
  round: number;
  attempts: number;
  next_at: number | null;
  status: number | null;
  error: string | null;
  created_at: number;
  finished_at: number | null;
}

export interface WebhookDeliveryTables {
  webhook_deliveries: WebhookDeliveryTable;
}

/** False when this event is on its way to this webhook already, or was. */
export async function insertDelivery(
  trx: Trx,
  { id, webhook, event, now }: { id: string; webhook: string; event: Pick<StoredEvent, 'id' | 'type'>; now: number },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('webhook_deliveries')
    .values({
      ...{ id, workspace: WORKSPACE, webhook, event: event.id, type: event.type, state: 'pending', round: 1 },
      ...{ attempts: 0, next_at: now, status: null, error: null, created_at: now, finished_at: null },
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'webhook', 'event']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function findDelivery(db: Db, id: string): Promise<Delivery | undefined> {
  const row = await db.selectFrom('webhook_deliveries').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toDelivery(row);
}

/** Newest first; `before` is the last of the page before. */
export async function listDeliveries(
  db: Db,
  query: { webhook: string; state: DeliveryState | null; before: string | null; limit: number },
): Promise<Delivery[]> {
  let rows = db.selectFrom('webhook_deliveries').selectAll().where('webhook', '=', query.webhook);
  if (query.state !== null) rows = rows.where('state', '=', query.state);
  if (query.before !== null) rows = rows.where('id', '<', query.before);
  return (await rows.orderBy('id', 'desc').limit(query.limit).execute()).map(toDelivery);
}

export interface AttemptResult {
  readonly state: DeliveryState;
  readonly nextAt: number | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly finishedAt: number | null;
}

/** False when it has been decided, or asked for again, meanwhile. */
export async function writeAttempt(
  trx: Trx,
  { id, round, attempts }: Pick<Delivery, 'id' | 'round' | 'attempts'>,
  result: AttemptResult,
): Promise<boolean> {
  const { state, nextAt, status, error, finishedAt } = result;
  const { numUpdatedRows } = await trx
    .updateTable('webhook_deliveries')
    .set({ state, attempts: attempts + 1, next_at: nextAt, status, error, finished_at: finishedAt })
    .where('id', '=', id)
    .where('round', '=', round)
    .where('attempts', '=', attempts)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Begins a new round: as if it had never been tried. False when another one was quicker. */
export async function writeNewRound(trx: Trx, { id, round }: Delivery, now: number): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('webhook_deliveries')
    .set({ state: 'pending', round: round + 1, attempts: 0, next_at: now, finished_at: null })
    .where('id', '=', id)
    .where('round', '=', round)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function deleteDeliveries(trx: Trx, webhook: string): Promise<void> {
  await trx.deleteFrom('webhook_deliveries').where('webhook', '=', webhook).execute();
}

/** Forgets what arrived; ids sort by time. */
export async function deleteDelivered(trx: Trx, webhook: string, beforeId: string): Promise<void> {
  await trx
    .deleteFrom('webhook_deliveries')
    .where('webhook', '=', webhook)
    .where('state', '=', 'delivered')
    .where('id', '<', beforeId)
    .execute();
}

export async function findEvent(db: Db, id: string): Promise<StoredEvent | undefined> {
  const row = await db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toEvent(row);
}

function toDelivery(row: WebhookDeliveryTable): Delivery {
  const { id, webhook, event, type, state, error } = row;
  const orNull = (value: number | null) => (value === null ? null : Number(value));
  return {
    ...{ id, webhook, event, type, state, error, round: Number(row.round), attempts: Number(row.attempts) },
    ...{ nextAt: orNull(row.next_at), status: orNull(row.status) },
    ...{ createdAt: Number(row.created_at), finishedAt: orNull(row.finished_at) },
  };
}
