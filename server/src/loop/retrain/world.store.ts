import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './policy.ts';
import { emptyWorld, type Pushed, type World } from './world.ts';

/** What events told so far, as JSON: one row per endpoint (`endpoint:flights`) and per dataset (`dataset:flights`). */
export interface RetrainWorldTable {
  workspace: string;
  subject: string;
  content: string;
}

export interface WorldTables {
  retrain_worlds: RetrainWorldTable;
}

export async function readWorld(db: Db, endpoint: string): Promise<World> {
  return { ...emptyWorld, ...(await read<World>(db, `endpoint:${endpoint}`)) };
}

export async function writeWorld(trx: Trx, endpoint: string, world: World): Promise<void> {
  await write(trx, `endpoint:${endpoint}`, world);
}

/** The newest version of a dataset that people pushed; null: none since events are read. */
export async function readPushed(db: Db, dataset: string): Promise<Pushed | null> {
  return read<Pushed>(db, `dataset:${dataset}`);
}

export async function writePushed(trx: Trx, dataset: string, { number, seq }: Pushed): Promise<void> {
  await write(trx, `dataset:${dataset}`, { number, seq });
}

async function read<T>(db: Db, subject: string): Promise<T | null> {
  const row = await db
    .selectFrom('retrain_worlds')
    .select('content')
    .where('workspace', '=', WORKSPACE)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row ? (JSON.parse(row.content) as T) : null;
}

async function write(trx: Trx, subject: string, content: World | Pushed): Promise<void> {
  const row = { content: JSON.stringify(content) };
  await trx
    .insertInto('retrain_worlds')
    .values({ workspace: WORKSPACE, subject, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'subject']).doUpdateSet(row))
    .execute();
}
