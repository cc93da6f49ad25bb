import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { refreshDesiredState } from './desired-state.ts';
import { findEndpoint, insertEndpoint, updateDeclaration } from './endpoint.store.ts';
import { type Declaration, type Endpoint, endpointRef, openDeclaration } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import { lockEndpoint } from './lock-endpoint.ts';
import type { Because } from './record-transition.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

interface DeclareRequest extends Because {
  readonly endpoint: string;
  /** What is left out stays as it is. */
  readonly declaration: Partial<Declaration>;
}

/** @throws DEPLOY_ENDPOINT_EXISTS */
export async function createEndpoint(parts: Parts, request: DeclareRequest): Promise<Endpoint> {
  return parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, request.endpoint);
    if (await findEndpoint(trx, request.endpoint)) throw deployErrors.ENDPOINT_EXISTS({ endpoint: request.endpoint });
    const endpoint = await declareEndpoint(parts, trx, request);
    await refreshDesiredState(parts, trx);
    return endpoint;
  });
}

/** @throws DEPLOY_ENDPOINT_NOT_FOUND */
export async function changeEndpoint(parts: Parts, request: DeclareRequest): Promise<Endpoint> {
  return parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, request.endpoint);
    const existing = await findEndpoint(trx, request.endpoint);
    if (!existing) throw deployErrors.ENDPOINT_NOT_FOUND({ endpoint: request.endpoint });
    const endpoint = await declareEndpoint(parts, trx, request);
    await refreshDesiredState(parts, trx);
    return endpoint;
  });
}

/** Makes the endpoint, or changes what it declares; the same again changes nothing. */
export async function putEndpoint(parts: Parts, request: DeclareRequest): Promise<void> {
  await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, request.endpoint);
    await declareEndpoint(parts, trx, request);
    await refreshDesiredState(parts, trx);
  });
}

/** Makes the endpoint, or changes what it declares; under the endpoint's lock. */
export async function declareEndpoint(
  { clock }: Pick<Context, 'clock'>,
  trx: Trx,
  { endpoint: name, declaration: given, actor, cause }: DeclareRequest,
): Promise<Endpoint> {
  const existing = await findEndpoint(trx, name);
  const declaration = { ...(existing ? pickDeclaration(existing) : openDeclaration), ...given };
  const unchanged = existing && JSON.stringify(pickDeclaration(existing)) === JSON.stringify(declaration);
  if (unchanged) return existing;
  if (existing) await updateDeclaration(trx, name, declaration);
  else await insertEndpoint(trx, { name, declaration, now: clock.now(), actor });
  const type = existing ? 'endpoint.declared' : 'endpoint.created';
  await appendEvent(trx, { clock }, { type, subject: endpointRef(name), actor, cause, data: { ...declaration } });
  const endpoint = await findEndpoint(trx, name);
  if (!endpoint) throw new Error(`The endpoint ${name} is not there right after it was written.`);
  return endpoint;
}

function pickDeclaration({ prediction, eventTime, key, timeoutMs, workers }: Declaration): Declaration {
  return { prediction, eventTime, key, timeoutMs, workers };
}
