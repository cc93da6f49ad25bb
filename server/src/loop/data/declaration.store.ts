import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './dataset.ts';
import type { DeclaredDataset } from './declaration.ts';

export interface DatasetDeclarationTable {
  workspace: string;
  dataset: string;
  label: string | null;
  event_time: string | null;
  key_column: string | null;
  description: string | null;
  changed_at: number;
  changed_by: string;
}

export interface DatasetDeclarationTables {
  dataset_declarations: DatasetDeclarationTable;
}

export async function findDatasetDeclaration(db: Db, name: string): Promise<DeclaredDataset | undefined> {
  const row = await declarations(db).where('dataset', '=', name).executeTakeFirst();
  return row && toDeclared(row);
}

/** All of them, by name. */
export async function listDatasetDeclarations(db: Db): Promise<DeclaredDataset[]> {
  return (await declarations(db).orderBy('dataset').execute()).map(toDeclared);
}

export async function writeDeclaration(trx: Trx, declared: DeclaredDataset): Promise<void> {
  const { name, label, eventTime, key, description, changedAt, changedBy } = declared;
  const said = { label, event_time: eventTime, key_column: key, description };
  const row = { ...said, changed_at: changedAt, changed_by: changedBy };
  await trx
    .insertInto('dataset_declarations')
    .values({ workspace: WORKSPACE, dataset: name, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'dataset']).doUpdateSet(row))
    .execute();
}

/** False when there was none. */
export async function deleteDeclaration(trx: Trx, name: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('dataset_declarations')
    .where('workspace', '=', WORKSPACE)
    .where('dataset', '=', name)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

function declarations(db: Db) {
  return db.selectFrom('dataset_declarations').selectAll().where('workspace', '=', WORKSPACE);
}

function toDeclared(row: DatasetDeclarationTable): DeclaredDataset {
  return {
    name: row.dataset,
    label: row.label,
    eventTime: row.event_time,
    key: row.key_column,
    description: row.description,
    changedAt: row.changed_at,
    changedBy: row.changed_by,
  };
}
