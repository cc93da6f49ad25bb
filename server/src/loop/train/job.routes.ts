import { type Static, Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { findLastAttempts, listAttempts } from './attempt.store.ts';
import { cancelJob } from './cancel-job.ts';
import { findEnvironment } from './environment.store.ts';
import { trainErrors } from './errors.ts';
import { JobDetail, JobPage, JobQuery, LogQueryString, NewJob, toJobDetail, toJobResponse } from './job.schema.ts';
import { findJob, listJobs } from './job.store.ts';
import { readLog } from './read-log.ts';
import { type JobRequest, submitJob } from './submit-job.ts';

const tags = ['jobs'];
const JobParams = Type.Object({ job: Type.String() });
const Bytes = Type.Unsafe<Buffer>({ type: 'string', format: 'binary' });

type Parts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock' | 'config'>;

export function jobRoutes(app: App, parts: Parts): void {
  app.post(
    '/api/v1/jobs',
    {
      schema: {
        tags,
        operationId: 'submitJob',
        summary: 'Accepts a job. The same Idempotency-Key with the same body answers the same job.',
        headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) }),
        body: NewJob,
        response: { 200: JobDetail, 201: JobDetail },
      },
    },
    async ({ body, headers, principal }, reply) => {
      const key = headers['idempotency-key'] ?? null;
      const { job, created } = await submitJob(parts, { request: toRequest(body), key, actor: principal.name });
      return reply.code(created ? 201 : 200).send(toJobDetail(job, await listAttempts(parts.db.read, job.id)));
    },
  );
  app.post(
    '/api/v1/jobs/:job/cancel',
    { schema: { tags, operationId: 'cancelJob', params: JobParams, response: { 202: JobDetail } } },
    async ({ params, principal }, reply) => {
      const job = await cancelJob(parts, params.job, principal.name);
      return reply.code(202).send(toJobDetail(job, await listAttempts(parts.db.read, job.id)));
    },
  );
  readRoutes(app, parts);
  logRoute(app, parts);
}

function readRoutes(app: App, { db }: Parts): void {
  app.get(
    '/api/v1/jobs',
    { schema: { tags, operationId: 'listJobs', querystring: JobQuery, response: { 200: JobPage } } },
    async ({ query }) => {
      const { state = [], before = null, limit } = query;
      const jobs = await listJobs(db.scan, { states: state, before, limit });
      const last = await findLastAttempts(
        db.scan,
        jobs.map(({ id }) => id),
      );
      const next = jobs.length < limit ? null : (jobs.at(-1)?.id ?? null);
      return { jobs: jobs.map((job) => toJobResponse(job, last.get(job.id))), next };
    },
  );
  app.get(
    '/api/v1/jobs/:job',
    { schema: { tags, operationId: 'getJob', params: JobParams, response: { 200: JobDetail } } },
    async ({ params }) => {
      const job = await findJob(db.read, params.job);
      if (!job) throw trainErrors.JOB_NOT_FOUND({ job: params.job });
      return toJobDetail(job, await listAttempts(db.read, job.id));
    },
  );
  app.get(
    '/api/v1/environments/:id',
    {
      schema: {
        tags,
        operationId: 'getEnvironment',
        summary: 'The packages that an attempt ran with.',
        params: Type.Object({ id: Type.String() }),
        response: { 200: EnvironmentResponse },
      },
    },
    async ({ params }) => {
      const environment = await findEnvironment(db.read, params.id);
      if (!environment) throw trainErrors.ENVIRONMENT_NOT_FOUND({ environment: params.id });
      const { id, kind, lockDigest, python, platform, packages } = environment;
      return { id, kind, lock_digest: lockDigest, python, platform, packages: { ...packages } };
    },
  );
}

const EnvironmentResponse = Type.Object({
  id: Type.String(),
  kind: Type.String({ description: 'uv.lock, requirements or none.' }),
  lock_digest: Type.Union([Type.String(), Type.Null()]),
  python: Type.String(),
  platform: Type.String(),
  packages: Type.Record(Type.String(), Type.String()),
});

function logRoute(app: App, parts: Parts): void {
  app.get(
    '/api/v1/jobs/:job/logs',
    {
      schema: {
        tags,
        operationId: 'readJobLog',
        summary:
          'Bytes of the log of an attempt from an offset. The headers Bucle-Log-Next, Bucle-Log-Complete, ' +
          'Bucle-Log-Attempt and Bucle-Job-Over say where and whether to go on.',
        params: JobParams,
        querystring: LogQueryString,
        response: { 200: Bytes },
      },
    },
    async ({ params, query }, reply) => {
      const { attempt = null, offset, limit, wait } = query;
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const part = await readLog(parts, { job: params.job, attempt, offset, limit, waitMs: wait * 1000 }, gone.signal);
      return reply
        .header('bucle-log-attempt', part.attempt)
        .header('bucle-log-next', part.next)
        .header('bucle-log-complete', part.complete)
        .header('bucle-job-over', part.jobIsOver)
        .header('cache-control', 'no-store')
        .type('text/plain; charset=utf-8')
        .send(part.bytes);
    },
  );
}

function toRequest(body: Static<typeof NewJob>): JobRequest {
  const { infra_retries, time_limit_seconds, grace_seconds, ...same } = body;
  const ms = (seconds: number | undefined) => (seconds === undefined ? undefined : Math.round(seconds * 1000));
  return {
    ...same,
    infraRetries: infra_retries,
    timeLimitMs: ms(time_limit_seconds),
    graceMs: ms(grace_seconds),
  };
}
