import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './job.ts';
import type { JobTemplate } from './job-template.ts';
import type { JobRequest } from './submit-job.ts';

export interface JobTemplateTable {
  workspace: string;
  name: string;
  request: string;
  revision: number;
  changed_at: number;
  changed_by: string;
}

export interface JobTemplateTables {
  job_templates: JobTemplateTable;
}

export async function findJobTemplate(db: Db, name: string): Promise<JobTemplate | undefined> {
  const row = await templates(db).where('name', '=', name).executeTakeFirst();
  return row && toTemplate(row);
}

/** All of them, by name. */
export async function listJobTemplates(db: Db): Promise<JobTemplate[]> {
  return (await templates(db).orderBy('name').execute()).map(toTemplate);
}

export async function writeJobTemplate(trx: Trx, template: JobTemplate): Promise<void> {
  const { name, request, revision, changedAt, changedBy } = template;
  const row = { request: JSON.stringify(request), revision, changed_at: changedAt, changed_by: changedBy };
  await trx
    .insertInto('job_templates')
    .values({ workspace: WORKSPACE, name, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doUpdateSet(row))
    .execute();
}

/** False when there was none. */
export async function deleteJobTemplate(trx: Trx, name: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('job_templates')
    .where('workspace', '=', WORKSPACE)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

function templates(db: Db) {
  return db.selectFrom('job_templates').selectAll().where('workspace', '=', WORKSPACE);
}

function toTemplate({ name, request, revision, changed_at, changed_by }: JobTemplateTable): JobTemplate {
  return {
    name,
    request: JSON.parse(request) as JobRequest,
    revision,
    changedAt: changed_at,
    changedBy: changed_by,
  };
}
