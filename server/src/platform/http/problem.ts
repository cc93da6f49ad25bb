import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isDataException } from '../db/database-errors.ts';
import { BucleError, platformErrors } from '../errors.ts';

/** RFC 9457, with our code, the next step and the request id as members. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    next: Type.Optional(Type.String()),
    request: Type.String(),
    retryable: Type.Boolean(),
  },
  { $id: 'Problem', additionalProperties: true },
);

/** Answers any error as problem+json; what isn't a BucleError or a client's mistake is logged and hidden. */
export function sendProblem(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toBucleError(error, request);
  if (known.status >= 500) request.log.error({ err: error, request: request.id }, 'request failed');
  if (known.retryable && !reply.hasHeader('retry-after')) reply.header('retry-after', '1');
  return reply
    .code(known.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send({
      type: `/docs/errors.md#${known.code}`,
      title: known.message,
      status: known.status,
      code: known.code,
      ...(known.next === undefined ? {} : { next: known.next }),
      request: request.id,
      retryable: known.retryable,
      details: known.details,
    });
}

const UNKEEPABLE = 'A number is out of range, or a text has characters that the database does not keep.';

/** Translates Fastify's own refusals; anything unknown becomes PLATFORM_INTERNAL. */
export function toBucleError(error: Error, request: Pick<FastifyRequest, 'id' | 'routeOptions'>): BucleError {
  if (error instanceof BucleError) return error;
  const { validation, validationContext, statusCode, code } = error as FastifyError;
  if (validation) {
    const first = validation[0];
    const where = `${validationContext ?? 'request'}${(first?.instancePath ?? '').replaceAll('/', '.')}`;
    const extra = first?.keyword === 'additionalProperties' ? ` (${String(first.params['additionalProperty'])})` : '';
    return platformErrors.INVALID_REQUEST({ problem: `${where} ${first?.message ?? 'is not valid'}${extra}.` });
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return platformErrors.BODY_TOO_LARGE({ limit: request.routeOptions.bodyLimit });
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return platformErrors.UNSUPPORTED_MEDIA_TYPE({ type: error.message });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return platformErrors.INVALID_REQUEST({ problem: error.message }, { cause: error });
  }
  if (isDataException(error)) {
    return platformErrors.INVALID_REQUEST({ problem: UNKEEPABLE }, { cause: error });
  }
  return platformErrors.INTERNAL({ request: request.id }, { cause: error });
}
