import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { declareEndpoint } from './declare-endpoint.ts';
import { findDeployment, insertDeployment } from './deployment.store.ts';
import { type Deployment, deploymentRef, type EngineChoice, versionRef } from './deployment.ts';
import { refreshDesiredState } from './desired-state.ts';
import type { Declaration } from './endpoint.ts';
import { deployErrors } from './errors.ts';
import { lockEndpoint } from './lock-endpoint.ts';
import type { ModelSource } from './model-source.ts';
import { PREPARE_KIND, PREPARE_TRIES } from './prepare/prepare-deployment.ts';
import type { Because } from './record-transition.ts';

export interface DeployRequest extends Because {
  readonly endpoint: string;
  /** `flights/3`, `flights@champion`. */
  readonly version: string;
  readonly engine: EngineChoice;
  /** Percent as soon as it is ready; absent: everything if nothing has traffic yet, else nothing. */
  readonly traffic: number | undefined;
  /** What to declare of the endpoint; what is left out stays. */
  readonly declaration: Partial<Declaration>;
}

type Parts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'> & { readonly source: ModelSource };

/**
 * Accepts a deployment: when this resolves, it is prepared whatever happens to this process. Makes the endpoint
 * when there is none. @throws DEPLOY_NO_REST, and what the version's reference is refused with
 */
export async function deployVersion(parts: Parts, request: DeployRequest): Promise<Deployment> {
  const { db, clock, jobs, source } = parts;
  const { name, number, modelId, run } = await source.resolve(parts, request.version);
  const version = { name, number };
  return db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, request.endpoint);
    const endpoint = await declareEndpoint(parts, trx, request);
    const hasTraffic = Object.keys(endpoint.traffic).length > 0;
    const wanted = request.traffic ?? (hasTraffic ? 0 : 100);
    if (wanted > 0 && wanted < 100 && !hasTraffic) {
      throw deployErrors.NO_REST({ endpoint: endpoint.name, rest: 100 - wanted });
    }
    const now = clock.now();
    const id = uuidv7(now);
    const wantedTraffic = wanted === 0 ? null : wanted;
    await insertDeployment(trx, {
      ...{ id, endpoint: endpoint.name, version, modelId, run, engine: request.engine, wantedTraffic },
      ...{ createdAt: now, createdBy: request.actor },
    });
    const data = { endpoint: endpoint.name, version: versionRef(version), engine: request.engine, wantedTraffic };
    const event = { type: 'deployment.created', subject: deploymentRef({ id }), data };
    const cause = await appendEvent(trx, { clock }, { ...event, actor: request.actor, cause: request.cause });
    await jobs.enqueue(trx, {
      kind: PREPARE_KIND,
      key: id,
      payload: { deployment: id, cause },
      // The handler itself gives up, with a reason; the queue never does so silently.
      maxAttempts: PREPARE_TRIES * 10,
    });
    await refreshDesiredState(parts, trx);
    const deployment = await findDeployment(trx, id);
    if (!deployment) throw new Error(`The deployment ${id} is not there right after it was inserted.`);
    return deployment;
  });
}
