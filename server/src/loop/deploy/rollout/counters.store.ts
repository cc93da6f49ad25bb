import type { Db, Trx } from '../../../database.ts';
import type { ArmCounters, ArmCounts, ObservationReport } from '../desired-state.schema.ts';
import { WORKSPACE } from '../endpoint.ts';

export interface ArmCounterTable {
  workspace: string;
  gateway: string;
  /** One life of the gateway: counters begin at 0 with each. */
  boot: string;
  cell: number;
  endpoint: string;
  deployment: string;
  split: string;
  requests: number;
  counts: string;
  seen_at: number;
}

export interface ArmCounterTables {
  arm_counters: ArmCounterTable;
}

/** The latest of one counter; what several lives of several gateways counted adds up. */
export interface CountedCell {
  /** Of gateway, life and counter: never another one's. */
  readonly key: string;
  readonly deployment: string;
  /** Deployment id → percent, while it counted. */
  readonly split: Readonly<Record<string, number>>;
  readonly counts: ArmCounts;
}

/** Keeps what a gateway counted; a report that is older than what is kept changes nothing. */
export async function storeCounters(
  trx: Trx,
  { gateway, boot, counters = [] }: Pick<ObservationReport, 'gateway' | 'boot' | 'counters'>,
  now: number,
): Promise<void> {
  if (boot === undefined) return;
  for (const counter of counters) {
    await trx
      .insertInto('arm_counters')
      .values({ workspace: WORKSPACE, gateway, boot, ...toColumns(counter), seen_at: now })
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'gateway', 'boot', 'cell'])
          .doUpdateSet((row) => ({
            requests: row.ref('excluded.requests'),
            counts: row.ref('excluded.counts'),
            seen_at: row.ref('excluded.seen_at'),
          }))
          .where((row) => row('excluded.requests', '>', row.ref('arm_counters.requests'))),
      )
      .execute();
  }
}

export async function listCounters(db: Db, endpoint: string): Promise<CountedCell[]> {
  const rows = await db
    .selectFrom('arm_counters')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .orderBy('gateway')
    .orderBy('boot')
    .orderBy('cell')
    .execute();
  return rows.map(({ gateway, boot, cell, deployment, split, counts }) => ({
    key: `${gateway}/${boot}/${cell}`,
    deployment,
    split: JSON.parse(split) as Record<string, number>,
    counts: JSON.parse(counts) as ArmCounts,
  }));
}

/** Forgets what was counted before, of an endpoint. */
export async function deleteCounters(trx: Trx, endpoint: string, seenBefore: number): Promise<void> {
  await trx
    .deleteFrom('arm_counters')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('seen_at', '<', seenBefore)
    .execute();
}

function toColumns({ cell, endpoint, deployment, split, counts }: ArmCounters) {
  return {
    ...{ cell, endpoint, deployment },
    split: JSON.stringify(split),
    requests: counts.requests,
    counts: JSON.stringify(counts),
  };
}
