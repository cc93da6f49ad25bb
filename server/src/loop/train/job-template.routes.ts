import { type Static, Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { listAttempts } from './attempt.store.ts';
import { trainErrors } from './errors.ts';
import { Inputs, JobDetail, NewJob, toJobDetail } from './job.schema.ts';
import { findJobTemplate, listJobTemplates } from './job-template.store.ts';
import { type JobTemplate, requestOf } from './job-template.ts';
import { submitJob } from './submit-job.ts';

const tags = ['jobs'];
const TemplateParams = Type.Object({ name: Type.String() });

const Template = Type.Object({
  ...NewJob.properties,
  name: Type.String(),
  revision: Type.Integer({ description: 'Grows by one with each change.' }),
  changed_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  changed_by: Type.String(),
});

const NewJobOfTemplate = Type.Object({ inputs: Type.Optional(Inputs) }, { additionalProperties: false });

type Parts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'>;

export function jobTemplateRoutes(app: App, parts: Parts): void {
  app.get(
    '/api/v1/job-templates',
    {
      schema: {
        tags,
        operationId: 'listJobTemplates',
        summary: 'The jobs that bucle.yaml declares.',
        response: { 200: Type.Object({ templates: Type.Array(Template) }) },
      },
    },
    async () => ({ templates: (await listJobTemplates(parts.db.read)).map(toResponse) }),
  );
  app.get(
    '/api/v1/job-templates/:name',
    { schema: { tags, operationId: 'getJobTemplate', params: TemplateParams, response: { 200: Template } } },
    async ({ params }) => toResponse(await requireTemplate(parts, params.name)),
  );
  app.post(
    '/api/v1/job-templates/:name/jobs',
    {
      schema: {
        tags,
        operationId: 'runJobTemplate',
        summary: 'Submits a job of the template, on the latest versions of its datasets or on those that are given.',
        params: TemplateParams,
        headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) }),
        body: NewJobOfTemplate,
        response: { 200: JobDetail, 201: JobDetail },
      },
    },
    async ({ params, body, headers, principal, id }, reply) => {
      const template = await requireTemplate(parts, params.name);
      const unknown = Object.keys(body.inputs ?? {}).find((input) => template.request.inputs?.[input] === undefined);
      if (unknown !== undefined) {
        const known = Object.keys(template.request.inputs ?? {}).join(', ') || 'none';
        throw trainErrors.INVALID_JOB({
          problem: `the template ${template.name} has no input ${unknown}.`,
          hint: `Its inputs: ${known}.`,
        });
      }
      const request = requestOf(template, body.inputs);
      const key = headers['idempotency-key'] ?? null;
      const { job, created } = await submitJob(parts, { request, key, actor: principal.name, cause: `request:${id}` });
      return reply.code(created ? 201 : 200).send(toJobDetail(job, await listAttempts(parts.db.read, job.id)));
    },
  );
}

async function requireTemplate({ db }: Pick<Context, 'db'>, name: string): Promise<JobTemplate> {
  const template = await findJobTemplate(db.read, name);
  if (!template) throw trainErrors.TEMPLATE_NOT_FOUND({ template: name });
  return template;
}

function toResponse({ name, request, revision, changedAt, changedBy }: JobTemplate): Static<typeof Template> {
  const { infraRetries, timeLimitMs, graceMs, git, inputs, command, snapshot, ...same } = request;
  return {
    ...(same.experiment === undefined ? {} : { experiment: same.experiment }),
    ...(same.requirements === undefined ? {} : { requirements: same.requirements }),
    ...(same.retries === undefined ? {} : { retries: same.retries }),
    ...(infraRetries === undefined ? {} : { infra_retries: infraRetries }),
    ...(timeLimitMs === undefined ? {} : { time_limit_seconds: timeLimitMs / 1000 }),
    ...(graceMs === undefined ? {} : { grace_seconds: graceMs / 1000 }),
    ...(git === undefined ? {} : { git }),
    ...{ name, command: [...command], snapshot, inputs: { ...inputs } },
    ...{ revision, changed_at: changedAt, changed_by: changedBy },
  };
}
