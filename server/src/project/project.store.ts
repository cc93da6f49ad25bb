import type { Db, Trx } from '../database.ts';
import type { Spec } from './kind.ts';

const WORKSPACE = 'default';

/** What an apply has made or taken over: the inventory. A thing belongs to one project. */
export interface ProjectObjectTable {
  workspace: string;
  kind: string;
  name: string;
  project: string;
  /** 1: it was not there before; only such things are taken away again. */
  made: number;
  /** JSON of the {@link Spec} as it was applied last; null: an apply was about to do it. */
  applied: string | null;
  applied_at: number;
  applied_by: string;
}

export interface ProjectTables {
  project_objects: ProjectObjectTable;
}

export interface OwnedObject {
  readonly kind: string;
  readonly name: string;
  readonly project: string;
  readonly made: boolean;
  readonly applied: Spec | null;
  readonly appliedAt: number;
}

/** Of all projects, by kind and name. */
export async function listOwned(db: Db): Promise<OwnedObject[]> {
  const rows = await db
    .selectFrom('project_objects')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .orderBy('kind')
    .orderBy('name')
    .execute();
  return rows.map(({ kind, name, project, made, applied, applied_at }) => ({
    ...{ kind, name, project, made: Number(made) === 1, appliedAt: Number(applied_at) },
    applied: applied === null ? null : (JSON.parse(applied) as Spec),
  }));
}

export interface Taking {
  readonly kind: string;
  readonly name: string;
  readonly project: string;
  readonly made: boolean;
  readonly applied: Spec | null;
  readonly now: number;
  readonly actor: string;
}

/** False when it belongs to another project. Whether it was made by us stays as it was noted first. */
export async function writeOwned(
  trx: Trx,
  { kind, name, project, made, applied, now, actor }: Taking,
): Promise<boolean> {
  const row = { applied: applied && JSON.stringify(applied), applied_at: now, applied_by: actor };
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('project_objects')
    .values({ workspace: WORKSPACE, kind, name, project, made: made ? 1 : 0, ...row })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'kind', 'name']).doUpdateSet(row).where('project_objects.project', '=', project),
    )
    .executeTakeFirst();
  return Number(numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function deleteOwned(trx: Trx, { kind, name, project }: Pick<Taking, 'kind' | 'name' | 'project'>) {
  await trx
    .deleteFrom('project_objects')
    .where('workspace', '=', WORKSPACE)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('project', '=', project)
    .execute();
}

/** Who changed a thing last, and when (the server's clock). */
export async function findLastChange(
  db: Db,
  { subject, types }: { readonly subject: string; readonly types: readonly string[] },
): Promise<{ readonly actor: string; readonly at: number } | null> {
  const row = await db
    .selectFrom('events')
    .select(['actor', 'recorded_at'])
    .where('workspace', '=', WORKSPACE)
    .where('subject', '=', subject)
    .where('type', 'in', [...types])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? { actor: row.actor, at: Number(row.recorded_at) } : null;
}
