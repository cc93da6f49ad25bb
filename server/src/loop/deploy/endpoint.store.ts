import type { Db, Trx } from '../../database.ts';
import type { EventTime, PredictionMeaning } from './desired-state.schema.ts';
import { type Declaration, type Endpoint, WORKSPACE } from './endpoint.ts';
import type { Traffic } from './traffic.ts';

export interface EndpointTable {
  workspace: string;
  name: string;
  prediction: string | null;
  event_time: string;
  key_feature: string | null;
  timeout_ms: number | null;
  workers: number | null;
  traffic: string;
  stable: string | null;
  traffic_decided_at: number;
  created_at: number;
  created_by: string;
}

export interface EndpointTables {
  endpoints: EndpointTable;
}

/** False when there is one of this name. */
export async function insertEndpoint(
  trx: Trx,
  given: { name: string; declaration: Declaration; now: number; actor: string },
): Promise<boolean> {
  const { name, declaration, now, actor } = given;
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('endpoints')
    .values({
      workspace: WORKSPACE,
      name,
      ...toColumns(declaration),
      traffic: '{}',
      traffic_decided_at: 0,
      created_at: now,
      created_by: actor,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doNothing())
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function findEndpoint(db: Db, name: string): Promise<Endpoint | undefined> {
  const row = await endpoints(db).where('name', '=', name).executeTakeFirst();
  return row && toEndpoint(row);
}

/** By name; `after` is the last name of the page before. */
export async function listEndpoints(db: Db, page?: { after: string | null; limit: number }): Promise<Endpoint[]> {
  let query = endpoints(db).orderBy('name');
  if (page) query = query.limit(page.limit);
  if (page && page.after !== null) query = query.where('name', '>', page.after);
  return (await query.execute()).map(toEndpoint);
}

export async function updateDeclaration(trx: Trx, name: string, declaration: Declaration): Promise<void> {
  await trx
    .updateTable('endpoints')
    .set(toColumns(declaration))
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .execute();
}

/** Replaces the whole split, and who holds stable traffic, in one statement; false when the endpoint is gone. */
export async function updateTraffic(
  trx: Trx,
  name: string,
  { traffic, stable, decidedAt }: { traffic: Traffic; stable: string | null; decidedAt: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('endpoints')
    .set({ traffic: JSON.stringify(traffic), stable, traffic_decided_at: decidedAt })
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function deleteEndpoint(trx: Trx, name: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('endpoints')
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

function endpoints(db: Db) {
  return db.selectFrom('endpoints').selectAll().where('workspace', '=', WORKSPACE);
}

function toColumns({ prediction, eventTime, key, timeoutMs, workers }: Declaration) {
  return {
    prediction: prediction && JSON.stringify(prediction),
    event_time: JSON.stringify(eventTime),
    key_feature: key,
    timeout_ms: timeoutMs,
    workers,
  };
}

function toEndpoint(row: EndpointTable): Endpoint {
  return {
    name: row.name,
    prediction: row.prediction === null ? null : (JSON.parse(row.prediction) as PredictionMeaning),
    eventTime: JSON.parse(row.event_time) as EventTime,
    key: row.key_feature,
    timeoutMs: row.timeout_ms,
    workers: row.workers,
    traffic: JSON.parse(row.traffic) as Traffic,
    stable: row.stable,
    trafficDecidedAt: row.traffic_decided_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
