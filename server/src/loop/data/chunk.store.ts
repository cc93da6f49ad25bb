import type { Codec } from '@bucle/client/chunks';
import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './dataset.ts';

/** A pack is a blob of many chunks. The row is written before the blob: `receiving` packs of the past are rubbish. */
export interface PackTable {
  id: string;
  workspace: string;
  state: 'receiving' | 'stored';
  chunks: number;
  bytes: number;
  created_at: number;
}

/** Where the bytes of a chunk lie. A row means: verified and on disk. */
export interface ChunkTable {
  workspace: string;
  hash: string;
  pack: string;
  /** Offset in the pack. */
  at: number;
  /** Bytes in the pack, after the codec. */
  stored: number;
  length: number;
  codec: Codec;
}

export interface ChunkTables {
  packs: PackTable;
  chunks: ChunkTable;
}

export type ChunkPlace = Omit<ChunkTable, 'workspace'>;

/** Fewer than SQLite's 32,766 parameters of one statement. */
const ROWS_PER_INSERT = 2_000;

export async function insertPack(trx: Trx, pack: { id: string; created_at: number }): Promise<void> {
  const row: PackTable = { ...pack, workspace: WORKSPACE, state: 'receiving', chunks: 0, bytes: 0 };
  await trx.insertInto('packs').values(row).execute();
}

/** Makes the chunks of a pack that is on disk known; answers how many were new. */
export async function storePack(
  trx: Trx,
  pack: { readonly id: string; readonly bytes: number },
  places: readonly ChunkPlace[],
): Promise<number> {
  // Sorted, so that two replicas that store the same chunks wait for each other in one order.
  const rows = places.map((place) => ({ workspace: WORKSPACE, ...place })).sort((a, b) => (a.hash < b.hash ? -1 : 1));
  let added = 0;
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    const result = await trx
      .insertInto('chunks')
      .values(rows.slice(from, from + ROWS_PER_INSERT))
      .onConflict((conflict) => conflict.columns(['workspace', 'hash']).doNothing())
      .executeTakeFirst();
    added += Number(result.numInsertedOrUpdatedRows ?? 0);
  }
  const stored = { state: 'stored', chunks: added, bytes: pack.bytes } as const;
  if (added > 0) await trx.updateTable('packs').set(stored).where('id', '=', pack.id).execute();
  return added;
}

/** Answers false when the pack is stored, or unknown. */
export async function deletePack(trx: Trx, id: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('packs')
    .where('id', '=', id)
    .where('state', '=', 'receiving')
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** The places of those hashes that are stored; at most 5,000 at once. */
export async function findChunks(db: Db, hashes: readonly string[]): Promise<Map<string, ChunkPlace>> {
  if (hashes.length === 0) return new Map();
  const rows = await db
    .selectFrom('chunks')
    .select(['hash', 'pack', 'at', 'stored', 'length', 'codec'])
    .where('workspace', '=', WORKSPACE)
    .where('hash', 'in', hashes)
    .execute();
  return new Map(rows.map((row) => [row.hash, row]));
}
