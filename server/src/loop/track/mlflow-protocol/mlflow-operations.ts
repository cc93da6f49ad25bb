import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Principal, Scope } from '../../../platform/auth/principal.ts';
import type { App } from '../../../platform/http/create-http.ts';
import { toBucleError } from '../../../platform/http/problem.ts';
import { MlflowError, mlflowError, translateError } from './mlflow-error.ts';
import { type Fields, type Message, readMessage } from './request-fields.ts';
import { toResponseJson } from './response-json.ts';

/** One RPC of MLflow. */
export interface MlflowOperation<F extends Fields> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/2.0/mlflow/`; parts like `:model_id` are read as fields. */
  readonly path: string;
  /** By default `read` for GET, else `write`: say `read` for a POST that only searches. */
  readonly scope?: Scope;
  /** True where a job's token may write; `handle` checks that the run is the job's own. */
  readonly jobs?: boolean;
  readonly request: F;
  /** Answers the response message; an empty one is `{}`. */
  handle(request: Message<F>, call: { readonly principal: Principal }): Promise<object>;
}

/** Every RPC is served at each of these: clients of different ages and MLflow's own pages use different ones. */
const PREFIXES = ['/api/2.0/mlflow/', '/api/3.0/mlflow/', '/ajax-api/2.0/mlflow/', '/ajax-api/3.0/mlflow/'];

export type AddOperation = <F extends Fields>(operation: MlflowOperation<F>) => void;

/**
 * Registers operations that speak MLflow's dialect, in a scope of their own: bodies and queries are read as leniently
 * as protobuf's JSON does, and every error is answered as `{error_code, message}`.
 *
 *     await mlflowOperations(app, (add) => {
 *       add({ method: 'GET', path: 'runs/get', request: { run_id: required(text()) }, handle: async ({ run_id }) => … });
 *     });
 */
export async function mlflowOperations(app: App, declare: (add: AddOperation) => void): Promise<void> {
  await app.register((scope, _options, registered) => {
    speakMlflow(scope as unknown as App);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    declare((operation) => {
      for (const prefix of PREFIXES) addRoute(scope as unknown as App, `${prefix}${operation.path}`, operation);
    });
    registered();
  });
}

/** Errors of this scope are MLflow's; for routes that stream and need no RPC. */
export function speakMlflow(scope: App): void {
  scope.setErrorHandler((error, request, reply) => sendMlflowError(error as Error, request, reply));
}

function addRoute<F extends Fields>(scope: App, url: string, operation: MlflowOperation<F>): void {
  const { method, request: fields, handle } = operation;
  scope.route({
    method: method as HTTPMethods,
    url,
    config: {
      ...(operation.scope === undefined ? {} : { scope: operation.scope }),
      ...(operation.jobs === undefined ? {} : { jobs: operation.jobs }),
    },
    async handler(request, reply) {
      const inQuery = method === 'GET';
      const given = inQuery ? (request.query as Record<string, unknown>) : readBody(request);
      const parameters = request.params as Record<string, unknown>;
      const message = readMessage(fields, { ...given, ...parameters }, { inQuery, path: '' });
      const answer = await handle(message, { principal: request.principal });
      return reply.type('application/json').send(toResponseJson(answer));
    },
  });
}

function readBody(request: FastifyRequest): Record<string, unknown> {
  const body = request.body as string | undefined;
  const type = request.headers['content-type'];
  if (body !== undefined && type?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw mlflowError('BAD_REQUEST', "Bad Request. Content-Type must be one of ['application/json'].");
  }
  if (body === undefined || body.trim() === '') return {};
  let parsed: unknown = parseJson(body);
  // Some clients encode the body twice.
  if (typeof parsed === 'string') parsed = parseJson(parsed);
  if (parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw mlflowError('BAD_REQUEST', 'The request body must be a JSON object.');
  }
  return parsed as Record<string, unknown>;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw mlflowError('BAD_REQUEST', `The request body is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function sendMlflowError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isChosen = error instanceof MlflowError;
  const known = isChosen ? error : translateError(toBucleError(error, request));
  // Who went away in the middle of an upload is no failure of ours.
  if (known.status >= 500 && !isChosen && !reply.raw.destroyed) {
    request.log.error({ err: error, request: request.id }, 'request failed');
  }
  return reply
    .code(known.status)
    .type('application/json')
    .send(JSON.stringify({ error_code: known.code, message: known.message }));
}
