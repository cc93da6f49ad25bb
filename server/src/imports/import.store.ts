import type { Db, Trx } from '../database.ts';

const WORKSPACE = 'default';

export interface ImportTable {
  workspace: string;
  id: string;
  /** What tells the source's store from others, by whatever address it is read. */
  store: string;
  kind: string;
  /** Without credentials; the one of the last time. */
  address: string;
  /** `running`: it was begun and has not come to its end. */
  state: 'running' | 'done';
  created_at: number;
  created_by: string;
  updated_at: number;
  /** JSON of the last report. */
  report: string | null;
}

export type ItemKind = 'experiment' | 'run' | 'logged-model' | 'registered-model';

export interface ImportTables {
  imports: ImportTable;
  /** What came from where: experiments may get other ids, and all the rest is known to be of this import. */
  import_items: { workspace: string; import: string; kind: ItemKind; source_id: string; target_id: string };
  /** Files as they were stored. `stamp`: changes when the source's file does. */
  import_artifacts: {
    workspace: string;
    import: string;
    owner: string;
    path: string;
    size: number;
    sha256: string;
    stamp: string;
    stored_at: number;
  };
}

export type ImportRow = Omit<ImportTable, 'workspace'>;

export async function findImport(db: Db, id: string): Promise<ImportRow | undefined> {
  return db
    .selectFrom('imports')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function findImportOfStore(db: Db, store: string): Promise<ImportRow | undefined> {
  return db
    .selectFrom('imports')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('store', '=', store)
    .executeTakeFirst();
}

/** Newest first; at most 1,000. */
export async function listImports(db: Db): Promise<ImportRow[]> {
  return db
    .selectFrom('imports')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .orderBy('created_at', 'desc')
    .limit(1_000)
    .execute();
}

/** Nothing changes when the store was imported before. */
export async function insertImport(trx: Trx, row: ImportRow): Promise<void> {
  await trx
    .insertInto('imports')
    .values({ workspace: WORKSPACE, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'store']).doNothing())
    .execute();
}

export async function updateImport(
  trx: Trx,
  id: string,
  change: Partial<Pick<ImportRow, 'state' | 'report' | 'updated_at' | 'address' | 'kind'>>,
): Promise<void> {
  await trx.updateTable('imports').set(change).where('workspace', '=', WORKSPACE).where('id', '=', id).execute();
}

/** Source id → target id, of those that are known. */
export async function findItems(
  db: Db,
  id: string,
  kind: ItemKind,
  sourceIds: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let from = 0; from < sourceIds.length; from += IDS_AT_ONCE) {
    const rows = await db
      .selectFrom('import_items')
      .select(['source_id', 'target_id'])
      .where('workspace', '=', WORKSPACE)
      .where('import', '=', id)
      .where('kind', '=', kind)
      .where('source_id', 'in', sourceIds.slice(from, from + IDS_AT_ONCE))
      .execute();
    for (const { source_id, target_id } of rows) found.set(source_id, target_id);
  }
  return found;
}

export async function insertItem(
  trx: Trx,
  id: string,
  { kind, sourceId, targetId }: { readonly kind: ItemKind; readonly sourceId: string; readonly targetId: string },
): Promise<void> {
  await trx
    .insertInto('import_items')
    .values({ workspace: WORKSPACE, import: id, kind, source_id: sourceId, target_id: targetId })
    .onConflict((conflict) => conflict.columns(['workspace', 'import', 'kind', 'source_id']).doNothing())
    .execute();
}

export type StoredArtifact = Pick<ImportTables['import_artifacts'], 'path' | 'size' | 'sha256' | 'stamp'>;

export async function writeArtifact(
  trx: Trx,
  id: string,
  { owner, now, ...artifact }: StoredArtifact & { readonly owner: string; readonly now: number },
): Promise<void> {
  const { path, ...row } = { ...artifact, stored_at: now };
  await trx
    .insertInto('import_artifacts')
    .values({ workspace: WORKSPACE, import: id, owner, path, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'import', 'owner', 'path']).doUpdateSet(row))
    .execute();
}

export async function listArtifacts(db: Db, id: string, owner: string): Promise<StoredArtifact[]> {
  return db
    .selectFrom('import_artifacts')
    .select(['path', 'size', 'sha256', 'stamp'])
    .where('workspace', '=', WORKSPACE)
    .where('import', '=', id)
    .where('owner', '=', owner)
    .execute();
}

/** Ids per query: databases bound the number of parameters. */
const IDS_AT_ONCE = 1_000;
