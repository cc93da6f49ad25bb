import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Principal, Scope } from '../../../platform/auth/principal.ts';
import type { App } from '../../../platform/http/create-http.ts';
import { toBucleError } from '../../../platform/http/problem.ts';
import { invalidParameter, MlflowError, mlflowError, translateError, wrongContentType } from './mlflow-error.ts';
import { type Fields, type Message, readMessage, WrittenDecimal } from './request-fields.ts';
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
  /** Answers the response message; an empty one is `{}`. A text is a message that is JSON already: long ones are faster so. */
  handle(
    request: Message<F>,
    call: { readonly principal: Principal; readonly request: FastifyRequest },
  ): Promise<object | string>;
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
export async function mlflowOperations(
  app: App,
  declare: (add: AddOperation, scope: App) => void,
  prefixes: readonly string[] = PREFIXES,
): Promise<void> {
  await app.register((scope, _options, registered) => {
    speakMlflow(scope as unknown as App);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    declare(
      (operation) => {
        for (const prefix of prefixes) addRoute(scope as unknown as App, `${prefix}${operation.path}`, operation);
      },
      scope as unknown as App,
    );
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
      const message = readRequest(fields, request);
      const answer = await handle(message, { principal: request.principal, request });
      return reply
        .type('application/json')
        .send(typeof answer === 'string' ? Buffer.from(answer) : toResponseJson(answer));
    },
  });
}

function readRequest<F extends Fields>(fields: F, request: FastifyRequest): Message<F> {
  const inQuery = request.method === 'GET' || request.method === 'HEAD';
  const read = (given: Record<string, unknown>) =>
    readMessage(fields, { ...given, ...(request.params as Record<string, unknown>) }, { inQuery, path: '' });
  if (inQuery) return read(request.query as Record<string, unknown>);
  const given = readBody(request);
  try {
    return read(given);
  } catch (error) {
    // The refusal quotes what was written, which is looked at for nothing else.
    read(readBody(request, keepDecimals));
    throw error;
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

function keepDecimals(_key: string, value: unknown, { source = '' }: { readonly source?: string }): unknown {
  return typeof value === 'number' && Number.isInteger(value) && source.includes('.')
    ? new WrittenDecimal(source)
    : value;
}

function readBody(request: FastifyRequest, reviver?: Reviver): Record<string, unknown> {
  const body = request.body as string | undefined;
  checkContentType(request, body);
  if (body === undefined || body.trim() === '') return {};
  let parsed: unknown = parseJson(body, reviver);
  // Some clients encode the body twice.
  if (typeof parsed === 'string') parsed = parseJson(parsed, reviver);
  if (parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw mlflowError('BAD_REQUEST', 'The request body must be a JSON object.');
  }
  return parsed as Record<string, unknown>;
}

/** A DELETE often has neither body nor type; else a page of another origin could send it without asking. */
function checkContentType({ headers, method }: FastifyRequest, body: string | undefined): void {
  const type = headers['content-type'];
  if (type === undefined) {
    if (method === 'DELETE' && body === undefined) return;
    throw invalidParameter('Bad Request. Content-Type header is missing.');
  }
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') throw wrongContentType();
}

function parseJson(body: string, reviver?: Reviver): unknown {
  const text = body.startsWith('\ufeff') ? body.slice(1) : body;
  try {
    return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
  } catch (error) {
    const quoted = text.replace(BARE_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`));
    if (quoted !== text) return parseJson(quoted, reviver);
    throw mlflowError('BAD_REQUEST', `The request body is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Python's JSON has bare NaN and ±Infinity; texts are matched too, so that what is in them stays, and so are those that
 * never end: else each of their quotes would be tried again to the end of the body.
 */
const BARE_NUMBER = /"(?:[^"\\]+|\\[\s\S])*"?|\bNaN\b|-?\bInfinity\b/g;

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
