import type { Db, Trx } from '../../database.ts';
import type { Observation, ObservationReport } from './desired-state.schema.ts';
import { WORKSPACE } from './endpoint.ts';

export interface GatewayTable {
  workspace: string;
  id: string;
  url: string;
  revision: number;
  /** JSON: all that it saw when it last reported. */
  observations: string;
  seen_at: number;
}

export interface GatewayTables {
  gateways: GatewayTable;
}

/** A gateway as it last reported. */
export interface Gateway {
  readonly id: string;
  /** Where callers reach it. */
  readonly url: string;
  readonly revision: number;
  readonly observations: readonly Observation[];
  /** Milliseconds since the epoch, the server's clock. */
  readonly seenAt: number;
}

export async function upsertGateway(trx: Trx, report: ObservationReport, now: number): Promise<void> {
  const columns = {
    url: report.url,
    revision: report.revision,
    observations: JSON.stringify(report.observations),
    seen_at: now,
  };
  await trx
    .insertInto('gateways')
    .values({ workspace: WORKSPACE, id: report.gateway, ...columns })
    .onConflict((conflict) => conflict.columns(['workspace', 'id']).doUpdateSet(columns))
    .execute();
}

/** Those that reported after `since`, the latest first. */
export async function listGateways(db: Db, since: number): Promise<Gateway[]> {
  const rows = await db
    .selectFrom('gateways')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('seen_at', '>', since)
    .orderBy('seen_at', 'desc')
    .execute();
  return rows.map(({ id, url, revision, observations, seen_at }) => ({
    id,
    url,
    revision,
    observations: JSON.parse(observations) as Observation[],
    seenAt: seen_at,
  }));
}
