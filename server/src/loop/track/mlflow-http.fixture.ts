import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import type { DatabaseKind } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import type { Trx } from '../../database.ts';
import { createToken } from '../../platform/auth/create-token.ts';
import { runTracking } from './run-tracking.ts';
import { trackStage } from './stage.ts';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

export type Mlflow = TestApp & {
  /** `call('runs/get', { run_id })` is a GET, with `post` a POST, and so on. */
  get(path: string, query?: Record<string, string | readonly string[]>, token?: string): Promise<Answer>;
  send(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  post(path: string, body?: unknown, token?: string): Promise<Answer>;
  /** A new run in a new experiment, or in the given one. */
  newRun(body?: Record<string, unknown>): Promise<string>;
};

/** A server with this stage only, spoken to as MLflow's clients do. */
export async function mlflowApp(database: DatabaseKind): Promise<Mlflow> {
  const app = await testApp({ database, stages: [trackStage], background: false });
  const call = async (method: string, path: string, init: RequestInit, token?: string): Promise<Answer> => {
    const headers = {
      ...(init.headers as object),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(`${app.baseUrl}/api/2.0/mlflow/${path}`, { ...init, method, headers });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  const send: Mlflow['send'] = (method, path, body = {}, token = undefined) =>
    call(method, path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }, token);
  return {
    ...app,
    send,
    post: (path, body, token) => send('POST', path, body, token),
    get(path, query = {}, token = undefined) {
      const pairs = Object.entries(query).flatMap(([key, value]) =>
        [value].flat().map((one): [string, string] => [key, one as string]),
      );
      return call('GET', `${path}?${new URLSearchParams(pairs)}`, {}, token);
    },
    async newRun(body = {}) {
      const { body: made } = await send('POST', 'runs/create', { experiment_id: '0', ...body });
      return made.run.info.run_id as string;
    },
  };
}

/** A run of the job, as the server starts it, and the token that the job gets. */
export async function startJob(app: TestApp, job: string, run: string): Promise<string> {
  return app.context.db.transaction(async (trx) => {
    await runTracking.start(trx as Trx, {
      ...{ id: run, experiment: 'jobs', name: job, user: 'ana', startedAt: 1_000, inputs: [] },
      tags: { 'bucle.job': job },
    });
    const token = { name: `job-${job}`, kind: 'job' as const, scopes: ['read' as const, 'write' as const], jobId: job };
    return (await createToken(trx, app.context, token)).secret;
  });
}

/** A request whose path is sent exactly as it is written: other clients tidy `..` away. */
export function rawRequest(
  app: TestApp,
  method: string,
  path: string,
  body = '',
): Promise<{ readonly status: number; readonly text: string; readonly headers: IncomingHttpHeaders }> {
  const { hostname, port } = new URL(app.baseUrl);
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body) };
    const sent: ClientRequest = request({ hostname, port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
