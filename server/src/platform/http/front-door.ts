import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.ts';
import { platformErrors } from '../errors.ts';
import { type HostPort, type HostTest, hostTest, readHost, textTest } from './allowed-hosts.ts';
import { isLoopback } from './loopback.ts';

export interface FrontDoor
  extends Pick<Config, 'host' | 'allowedHosts' | 'corsOrigins' | 'frameOptions' | 'frontDoor'> {
  /** Under what other name its users know it. */
  readonly publicName?: string;
}

/** What load balancers and clients ask by any name; it tells nothing and changes nothing. */
const ANY_HOST: readonly string[] = ['/health', '/version'];
const MLFLOW = /^\/(ajax-api|api\/[23]\.0)\//;
const METHODS = 'GET, POST, PUT, DELETE, OPTIONS, PATCH';
/** A browser that was led to an answer of the API runs nothing of it; pages say their own policy. */
const POLICY = "default-src 'none'";
const ANCESTORS = { SAMEORIGIN: "; frame-ancestors 'self'", DENY: "; frame-ancestors 'none'", NONE: '' } as const;

/**
 * What must hold before anything else is read: the Host is ours (a page elsewhere could otherwise reach a
 * loopback server through DNS rebinding), and a foreign page's Origin changes nothing unless it is listed.
 * Pages that may use the server get the headers of CORS.
 */
export function guardFrontDoor(app: Pick<FastifyInstance, 'addHook'>, door: FrontDoor): void {
  const isOurs = hostTest([door.host, door.publicName ?? door.host], door.allowedHosts);
  const origins = originTest(door, isOurs);
  const policy = `${POLICY}${ANCESTORS[door.frameOptions]}`;
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('content-security-policy', policy);
    if (door.frameOptions !== 'NONE') reply.header('x-frame-options', door.frameOptions);
    if (!door.frontDoor) return;
    const said = request.headers.host ?? '';
    const host = readHost(said);
    const isKnown = host !== null && isOurs(host);
    if (!isKnown && !ANY_HOST.includes(pathOf(request))) return refuse(request, reply, 'host', said);
    const { origin } = request.headers;
    return origin === undefined ? undefined : judgeOrigin(request, reply, { origin, verdict: origins(origin, host) });
  });
}

function judgeOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  { origin, verdict }: { readonly origin: string; readonly verdict: Verdict },
): FastifyReply | undefined {
  if (isPreflight(request)) return answerPreflight(request, reply, verdict);
  if (verdict.may) allow(reply, origin, verdict.credentials);
  else if (!isSafe(request.method)) return refuse(request, reply, 'origin', origin);
  return undefined;
}

type Verdict = { readonly may: false } | { readonly may: true; readonly credentials: boolean };

const REFUSED: Verdict = { may: false };
const WELCOME: Verdict = { may: true, credentials: true };

function originTest(
  { corsOrigins, allowedHosts }: FrontDoor,
  isOurs: HostTest,
): (origin: string, host: HostPort | null) => Verdict {
  const all = corsOrigins.includes('*');
  const isListed = textTest(corsOrigins.filter((pattern) => pattern !== '*'));
  const namesPages = allowedHosts.length > 0 && !allowedHosts.includes('*');
  // Loopback, a page that this server sent itself, or one of a name that it is known by.
  const isOwn = (from: HostPort, host: HostPort | null) =>
    isLoopback(from.name) ||
    (from.name === host?.name && from.port === host.port) ||
    (namesPages && isOurs({ ...from, port: '' }));
  return (origin, host) => {
    const text = origin.toLowerCase();
    const from = /^https?:\/\//.test(text) ? readHost(text.replace(/^https?:\/\//, '')) : null;
    if (from !== null && isOwn(from, host)) return WELCOME;
    if (isListed(text)) return { may: true, credentials: !all };
    return all ? { may: true, credentials: false } : REFUSED;
  };
}

function answerPreflight(request: FastifyRequest, reply: FastifyReply, verdict: Verdict): FastifyReply {
  if (!verdict.may) return reply.code(403).type('text/plain').send(MESSAGES.origin);
  allow(reply, request.headers.origin ?? '', verdict.credentials);
  const asked = request.headers['access-control-request-headers'];
  if (asked !== undefined) reply.header('access-control-allow-headers', asked);
  return reply.header('access-control-allow-methods', METHODS).header('access-control-max-age', '600').code(204).send();
}

/** With credentials never for everybody: a browser would hand over the password that it knows. */
function allow(reply: FastifyReply, origin: string, credentials: boolean): void {
  reply.header('access-control-allow-origin', credentials ? origin : '*');
  if (credentials) reply.header('access-control-allow-credentials', 'true').header('vary', 'origin');
  reply.header('access-control-expose-headers', credentials ? 'bucle-request-id, etag, content-disposition' : '*');
}

const MESSAGES = {
  host: 'Invalid Host header - possible DNS rebinding attack detected',
  origin: 'Cross-origin request blocked',
} as const;

/** MLflow's paths say it as MLflow does, in plain text. */
function refuse(request: FastifyRequest, reply: FastifyReply, what: 'host' | 'origin', said: string): FastifyReply {
  if (MLFLOW.test(pathOf(request))) return reply.code(403).type('text/plain').send(MESSAGES[what]);
  if (what === 'host') throw platformErrors.HOST_REFUSED({ host: said.slice(0, 300) });
  throw platformErrors.ORIGIN_REFUSED({ origin: said.slice(0, 300) });
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}
