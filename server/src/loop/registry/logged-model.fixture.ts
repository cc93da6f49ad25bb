import type { TestApp } from '../../../test/test-app.ts';
import { createToken } from '../../platform/auth/create-token.ts';
import { hexId } from '../../platform/ids.ts';
import { runTracking } from '../track/index.ts';

export interface MlflowAnswer {
  readonly status: number;
  readonly body: Record<string, unknown> & { error_code?: string; message?: string };
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** One of MLflow's operations, as its clients send it: fields in the query with GET, else in a JSON body. */
export async function callMlflow(
  { baseUrl }: Pick<TestApp, 'baseUrl'>,
  operation: `${Method} ${string}`,
  fields: Readonly<Record<string, unknown>>,
  token?: string,
): Promise<MlflowAnswer> {
  const [method = '', path = ''] = operation.split(' ');
  const query = method === 'GET' ? `?${new URLSearchParams(fields as Record<string, string>)}` : '';
  const response = await fetch(`${baseUrl}/api/2.0/mlflow/${path}${query}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(method === 'GET' ? {} : { body: JSON.stringify(fields) }),
  });
  return { status: response.status, body: (await response.json()) as MlflowAnswer['body'] };
}

/** A run of the experiment Default, as an attempt of this job starts it, or as a person does. */
export async function makeRun(t: TestApp, job?: string): Promise<string> {
  const id = hexId();
  const tags = job === undefined ? {} : { 'bucle.job': job };
  const run = { id, experiment: 'Default', name: 'test', user: 'test', tags, inputs: [], startedAt: 1_000 };
  await t.context.db.transaction((trx) => runTracking.start(trx, run));
  return id;
}

/** A logged model without files, as a client leaves it in this state. */
export async function makeLoggedModel(
  t: TestApp,
  given: { run?: string; name?: string; ready?: boolean; token?: string },
): Promise<{ id: string; location: string }> {
  const { run, name = 'model', ready = true, token } = given;
  const fields = { experiment_id: '0', name, ...(run === undefined ? {} : { source_run_id: run }) };
  const { body } = await callMlflow(t, 'POST logged-models', fields, token);
  const { model_id: id, artifact_uri: location } = (body['model'] as { info: Record<string, string> }).info;
  if (id === undefined || location === undefined) throw new Error(`No logged model: ${JSON.stringify(body)}`);
  if (ready) {
    const status = 'LOGGED_MODEL_READY';
    await callMlflow(t, `PATCH logged-models/${id}`, { model_id: id, status }, token);
  }
  return { id, location };
}

/** The secret that an attempt of this job gets. */
export async function jobToken({ context }: TestApp, jobId: string): Promise<string> {
  const token = { name: `job ${jobId}`, kind: 'job', scopes: ['write'], jobId } as const;
  return (await context.db.transaction((trx) => createToken(trx, context, token))).secret;
}

/** A job with attempts that had these runs; `null`: one that has not started. */
export async function makeJob({ context }: TestApp, id: string, runs: readonly (string | null)[]): Promise<void> {
  await context.db.transaction(async (trx) => {
    await trx
      .insertInto('jobs')
      .values({
        ...{ workspace: 'default', id, name: 'train', experiment: 'Default', command: '[]', snapshot: 's' },
        ...{ requirements: null, inputs: '[]', git: null, retries: 0, infra_retries: 0, time_limit_ms: null },
        ...{ grace_ms: 1, state: 'running', reason: null, cancel_requested_at: null, idempotency_key: null },
        ...{ request_hash: 'h', created_at: 1, created_by: 'test', cause: null, finished_at: null },
      })
      .execute();
    for (const [i, run] of runs.entries()) {
      await trx
        .insertInto('attempts')
        .values({
          ...{ workspace: 'default', job: id, number: i + 1, state: run === null ? 'waiting' : 'ended', run },
          ...{
            host: null,
            environment: null,
            outcome: null,
            exit_code: null,
            signal: null,
            reason: null,
            golden: null,
          },
          ...{ not_before: 1, created_at: 1, started_at: 1, ended_at: 1, log_bytes: null },
        })
        .execute();
    }
  });
}
