import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './job.ts';

export interface EnvironmentTable {
  workspace: string;
  id: string;
  kind: EnvironmentKind;
  lock_digest: string | null;
  python: string;
  platform: string;
  /** JSON: name → version. */
  packages: string;
  created_at: number;
}

export interface EnvironmentTables {
  environments: EnvironmentTable;
}

/** Built from the snapshot's lock, or the server's own Python when there is none. */
export type EnvironmentKind = 'uv.lock' | 'requirements' | 'none';

/** What a job ran in: the lineage of a run reads it. */
export interface RecordedEnvironment {
  readonly id: string;
  readonly kind: EnvironmentKind;
  readonly lockDigest: string | null;
  /** Version of Python. */
  readonly python: string;
  readonly platform: string;
  readonly packages: Readonly<Record<string, string>>;
}

export async function insertEnvironment(trx: Trx, environment: RecordedEnvironment, now: number): Promise<void> {
  const { id, kind, lockDigest, python, platform, packages } = environment;
  await trx
    .insertInto('environments')
    .values({
      workspace: WORKSPACE,
      id,
      kind,
      lock_digest: lockDigest,
      python,
      platform,
      packages: JSON.stringify(packages),
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'id']).doNothing())
    .execute();
}

export async function findEnvironment(db: Db, id: string): Promise<RecordedEnvironment | undefined> {
  const row = await db
    .selectFrom('environments')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const { kind, lock_digest: lockDigest, python, platform } = row;
  return { id, kind, lockDigest, python, platform, packages: JSON.parse(row.packages) as Record<string, string> };
}
