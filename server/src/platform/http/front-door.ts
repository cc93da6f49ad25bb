import { isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { platformErrors } from '../errors.ts';
import { isLoopback } from './loopback.ts';

/**
 * What must hold before anything else is read: the Host is ours (a page elsewhere could otherwise reach a
 * loopback server through DNS rebinding), and a foreign page's Origin changes nothing.
 */
export function guardFrontDoor(app: Pick<FastifyInstance, 'addHook'>, allowedHosts: readonly string[]): void {
  const names = new Set(allowedHosts.map((name) => (isIPv6(name) ? `[${name}]` : name).toLowerCase()));
  const isOurs = (host: string) => isLoopback(host) || names.has(host) || names.has('*');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('x-frame-options', 'SAMEORIGIN');
    const host = hostname(request.headers.host);
    if (!isOurs(host)) throw platformErrors.HOST_REFUSED({ host });
    const { origin } = request.headers;
    if (origin === undefined || request.method === 'GET' || request.method === 'HEAD') return;
    const from = URL.canParse(origin) ? new URL(origin).hostname.toLowerCase() : '';
    if (!isOurs(from)) throw platformErrors.ORIGIN_REFUSED({ origin });
  });
}

function hostname(host: string | undefined): string {
  const text = (host ?? '').toLowerCase();
  return text.startsWith('[') ? text.slice(0, text.indexOf(']') + 1) : text.replace(/:\d*$/, '');
}
