import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { deleteJobTemplate, findJobTemplate, writeJobTemplate } from './job-template.store.ts';
import { isSameRequest, type JobTemplate } from './job-template.ts';
import { checkCode, checkInputNames, type JobRequest } from './submit-job.ts';

interface Because {
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause: string | null;
}

export interface DeclareJobTemplate extends Because {
  readonly name: string;
  readonly request: JobRequest;
}

/**
 * Says how jobs of this name are run. The same again changes nothing; what runs already goes on as it was asked for.
 * @throws TRAIN_SNAPSHOT_NOT_FOUND, TRAIN_INVALID_JOB
 */
export async function declareJobTemplate(
  parts: Pick<Context, 'db' | 'blobs' | 'clock'>,
  { name, request, actor, cause }: DeclareJobTemplate,
): Promise<{ readonly template: JobTemplate; readonly changed: boolean }> {
  const inputs = Object.keys(request.inputs ?? {}).sort();
  checkInputNames(inputs);
  const { snapshot, requirements = null } = request;
  await checkCode(parts, { snapshot, requirements, inputs });
  return parts.db.transaction(async (trx) => {
    const present = await findJobTemplate(trx, name);
    if (present && isSameRequest(present.request, request)) return { template: present, changed: false };
    const revision = (present?.revision ?? 0) + 1;
    const template = { name, request, revision, changedAt: parts.clock.now(), changedBy: actor };
    await writeJobTemplate(trx, template);
    const data = { revision, snapshot, command: request.command };
    await appendEvent(trx, parts, { type: 'job_template.declared', subject: templateRef(name), actor, cause, data });
    return { template, changed: true };
  });
}

/** Jobs that came of it stay. False when there was none. */
export async function removeJobTemplate(
  parts: Pick<Context, 'db' | 'clock'>,
  { name, actor, cause }: Because & { readonly name: string },
): Promise<boolean> {
  return parts.db.transaction(async (trx) => {
    if (!(await deleteJobTemplate(trx, name))) return false;
    await appendEvent(trx, parts, { type: 'job_template.removed', subject: templateRef(name), actor, cause });
    return true;
  });
}

function templateRef(name: string): string {
  return `job_template:${name}`;
}
