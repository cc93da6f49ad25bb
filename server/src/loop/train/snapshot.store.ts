import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './job.ts';
import type { Snapshot } from './snapshot.ts';

export interface SnapshotFileTable {
  workspace: string;
  sha256: string;
  size: number;
  created_at: number;
}

export interface SnapshotTable {
  workspace: string;
  id: string;
  files: number;
  bytes: number;
  created_at: number;
  created_by: string;
}

export interface SnapshotTables {
  snapshot_files: SnapshotFileTable;
  snapshots: SnapshotTable;
}

/** Few enough parameters for any database. */
const BATCH = 500;

/** Which of these contents are stored, with their sizes. */
export async function findStoredFiles(db: Db, hashes: readonly string[]): Promise<Map<string, number>> {
  const stored = new Map<string, number>();
  for (let at = 0; at < hashes.length; at += BATCH) {
    const rows = await db
      .selectFrom('snapshot_files')
      .select(['sha256', 'size'])
      .where('workspace', '=', WORKSPACE)
      .where('sha256', 'in', hashes.slice(at, at + BATCH))
      .execute();
    for (const { sha256, size } of rows) stored.set(sha256, size);
  }
  return stored;
}

/** Call after the content is stored. */
export async function insertStoredFile(trx: Trx, file: Omit<SnapshotFileTable, 'workspace'>): Promise<void> {
  await trx
    .insertInto('snapshot_files')
    .values({ workspace: WORKSPACE, ...file })
    .onConflict((conflict) => conflict.columns(['workspace', 'sha256']).doNothing())
    .execute();
}

/** Does nothing when the same tree is there. */
export async function insertSnapshot(trx: Trx, row: Omit<SnapshotTable, 'workspace'>): Promise<void> {
  await trx
    .insertInto('snapshots')
    .values({ workspace: WORKSPACE, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'id']).doNothing())
    .execute();
}

export async function findSnapshot(db: Db, id: string): Promise<Snapshot | undefined> {
  const row = await db
    .selectFrom('snapshots')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const { files, bytes, created_at, created_by } = row;
  return { id: row.id, files, bytes, createdAt: created_at, createdBy: created_by };
}
