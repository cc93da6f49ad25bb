import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController, type RawServerDefault } from 'fastify';
import type { Authenticate } from '../auth/authenticate.ts';
import { hasScope, type Principal, type Scope } from '../auth/principal.ts';
import { platformErrors } from '../errors.ts';
import { uuidv7 } from '../ids.ts';
import type { Log } from '../log.ts';
import { buildSerializer, compileLate } from './compile-late.ts';
import { type FrontDoor, guardFrontDoor } from './front-door.ts';
import { sendProblem } from './problem.ts';
import { noteVerbs } from './verbs.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any handler runs. */
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** What a caller needs; by default `read` for GET and HEAD, else `write`. `none`: open to everybody. */
    scope?: Scope | 'none';
    /** True where a job's token may write; the handler then checks that the run is the job's own. */
    jobs?: boolean;
    /** True for what gateways are there for; their tokens open nothing else. */
    gateways?: boolean;
  }
}

export interface HttpOptions {
  readonly log: Log;
  readonly authenticate: Authenticate;
  readonly door: FrontDoor;
  /** A path like `/mlflow` that callers may put before every other. */
  readonly staticPrefix?: string;
  /** Bytes of a JSON body; streams are not bounded by this. */
  readonly bodyLimit?: number;
}

const JSON_BODY_LIMIT = 32 * 1024 * 1024;

/** A Fastify app with validation, problem+json, the front-door checks and scopes; routes come from the stages. */
export function createHttp(options: HttpOptions): App {
  const app = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit ?? JSON_BODY_LIMIT,
    genReqId: () => uuidv7(),
    ...stripPrefix(options.staticPrefix ?? ''),
    schemaController: { compilersFactory: { buildSerializer } },
    routerOptions: { maxParamLength: 5_000 },
    // Slow clients may not hold sockets for ever; uploads of gigabytes may take hours.
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.headersTimeout = 10_000;
  closeSilentConnections(app);
  closeQuietConnections(app);
  compileLate(app as unknown as FastifyInstance);
  app.decorateRequest('principal', null as never);
  noteVerbs(app as unknown as FastifyInstance);
  guardFrontDoor(app, options.door);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('bucle-request-id', request.id);
    const { scope, jobs, gateways } = request.routeOptions.config;
    if (scope === 'none') return;
    const principal = await options.authenticate(request.headers.authorization);
    if (principal === null) {
      reply.header('www-authenticate', 'Basic realm="mlflow"');
      throw platformErrors.UNAUTHENTICATED();
    }
    request.principal = principal;
    const needed = scope ?? (request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write');
    if (!mayPass(principal, needed, { jobs, gateways })) {
      throw platformErrors.FORBIDDEN({ token: principal.name, has: principal.scopes.join(', '), needs: needed });
    }
  });
  app.setErrorHandler((error, request, reply) => sendProblem(error as Error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const verbs = app.verbsOf(path);
    if (verbs.length === 0)
      return sendProblem(platformErrors.ROUTE_NOT_FOUND({ method: request.method, path }), request, reply);
    reply.header('allow', verbs.join(', '));
    return sendProblem(
      platformErrors.METHOD_NOT_ALLOWED({ method: request.method, path, allowed: verbs.join(', ') }),
      request,
      reply,
    );
  });
  return app;
}

// A proxy may hand the prefix on or cut it off, and the gateway and jobs of this machine come without it.
function stripPrefix(prefix: string): { rewriteUrl?: (request: { url?: string | undefined }) => string } {
  if (prefix === '') return {};
  return {
    rewriteUrl({ url = '/' }) {
      const rest = url.startsWith(prefix) ? url.slice(prefix.length) : url;
      if (rest.startsWith('/')) return rest;
      return rest === '' || rest.startsWith('?') ? `/${rest}` : url;
    },
  };
}

function mayPass(
  principal: Principal,
  needed: Scope,
  route: { readonly jobs: boolean | undefined; readonly gateways: boolean | undefined },
): boolean {
  if (principal.kind === 'gateway') return route.gateways === true;
  if (principal.kind === 'job' && needed !== 'read') return route.jobs === true;
  return hasScope(principal, needed);
}

/** A connection that never carried a request counts as busy to Node, and would hold up the end for a minute. */
function closeSilentConnections(app: App): void {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  app.addHook('preClose', async () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  });
}

// Idle ones are closed when closing begins; one whose answer ends a moment later would be waited for as long as it is kept alive.
function closeQuietConnections(app: App): void {
  app.addHook('preClose', async () => {
    const timer = setInterval(() => app.server.closeIdleConnections(), 50);
    app.server.once('close', () => clearInterval(timer));
  });
}
