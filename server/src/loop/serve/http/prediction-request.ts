import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OnChosen, PredictionRequest } from '../answer-prediction.ts';
import { serveErrors } from '../errors.ts';

const TIMEOUT_HEADER = 'bucle-timeout-ms';
/** Asks for one deployment, and names it in the answer. */
export const DEPLOYMENT_HEADER = 'bucle-deployment';

/** What all protocols read from the HTTP request. @throws SERVE_REQUEST_INVALID, SERVE_TYPE_UNSUPPORTED */
export function readCommon(
  request: FastifyRequest,
  receivedAt: number,
): Pick<PredictionRequest, 'id' | 'caller' | 'receivedAt' | 'timeoutMs' | 'header' | 'deployment'> {
  const { id, principal } = request;
  const header = (name: string) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const encoding = header('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw serveErrors.TYPE_UNSUPPORTED({ type: `compressed with ${encoding.slice(0, 50)}`, accepted: 'it as it is' });
  }
  return {
    id,
    receivedAt,
    header,
    caller: principal.kind === 'anonymous' ? null : principal.name,
    timeoutMs: readTimeout(header(TIMEOUT_HEADER)),
    deployment: header(DEPLOYMENT_HEADER) ?? null,
  };
}

/** Says in the answer's headers which deployment it is, before that computes anything. */
export function namingHeaders(reply: FastifyReply): OnChosen {
  return ({ target: { deployment } }) => {
    reply
      .header(DEPLOYMENT_HEADER, deployment.id)
      .header('bucle-model-version', deployment.version.replace(/^version:/, ''));
  };
}

function readTimeout(text: string | undefined): number | null {
  if (text === undefined) return null;
  const timeout = Number(text);
  if (/^\d{1,9}$/.test(text) && timeout > 0) return timeout;
  throw serveErrors.REQUEST_INVALID({
    problem: `The header ${TIMEOUT_HEADER} must be a whole number of milliseconds.`,
  });
}
