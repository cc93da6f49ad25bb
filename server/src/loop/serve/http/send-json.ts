import type { FastifyReply, FastifyRequest } from 'fastify';
import { type BucleError, platformErrors } from '../../../platform/errors.ts';
import { toBucleError } from '../../../platform/http/problem.ts';

/** Bytes of a request that a gateway reads. */
export const BODY_LIMIT = 64 * 1024 * 1024;

/** With the content type exactly `application/json`: some clients know no other. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(body)));
}

/** What a failure is to callers; an unknown one is logged and hidden. Sets `Retry-After` where another try may help. */
export function explain(error: Error, request: FastifyRequest, reply: FastifyReply): BucleError {
  const { code } = error as { code?: string };
  const known =
    code === 'FST_ERR_CTP_BODY_TOO_LARGE'
      ? platformErrors.BODY_TOO_LARGE({ limit: BODY_LIMIT })
      : toBucleError(error, request);
  if (known.status >= 500 && !known.retryable) request.log.error({ err: error, request: request.id }, 'request failed');
  if (known.retryable && (known.status === 503 || known.status === 429))
    reply.header('retry-after', waitSeconds(known));
  return known;
}

/** As the queue estimates it, otherwise a second. */
function waitSeconds({ details }: BucleError): number {
  const waitMs = details['wait_ms'];
  return typeof waitMs === 'number' ? Math.max(1, Math.ceil(waitMs / 1_000)) : 1;
}
