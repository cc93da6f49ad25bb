import type { Db, Trx } from '../../database.ts';
import type { Gate } from './gate.schema.ts';
import { type DeclaredGate, WORKSPACE } from './gate.ts';

export interface GateTable {
  workspace: string;
  name: string;
  /** JSON of {@link Gate}. */
  gate: string;
  revision: number;
  changed_at: number;
  changed_by: string;
}

export interface GateTables {
  gates: GateTable;
}

export async function findGate(db: Db, name: string): Promise<DeclaredGate | undefined> {
  const row = await gates(db).where('name', '=', name).executeTakeFirst();
  return row && toDeclared(row);
}

/** All of them, by name. */
export async function listGates(db: Db): Promise<DeclaredGate[]> {
  return (await gates(db).orderBy('name').execute()).map(toDeclared);
}

export async function writeGate(trx: Trx, declared: DeclaredGate): Promise<void> {
  const { name, gate, revision, changedAt, changedBy } = declared;
  const row = { gate: JSON.stringify(gate), revision, changed_at: changedAt, changed_by: changedBy };
  await trx
    .insertInto('gates')
    .values({ workspace: WORKSPACE, name, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doUpdateSet(row))
    .execute();
}

/** False when there was none. */
export async function deleteGate(trx: Trx, name: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('gates')
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

function gates(db: Db) {
  return db.selectFrom('gates').selectAll().where('workspace', '=', WORKSPACE);
}

function toDeclared({ name, gate, revision, changed_at, changed_by }: GateTable): DeclaredGate {
  return {
    name,
    gate: JSON.parse(gate) as Gate,
    revision: Number(revision),
    changedAt: changed_at,
    changedBy: changed_by,
  };
}
