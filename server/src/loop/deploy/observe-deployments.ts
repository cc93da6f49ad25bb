import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { findDeployment } from './deployment.store.ts';
import type { Deployment, Failure } from './deployment.ts';
import type { Observation, ObservationReport } from './desired-state.schema.ts';
import { refreshDesiredState } from './desired-state.ts';
import { upsertGateway } from './gateway.store.ts';
import { lockEndpoint } from './lock-endpoint.ts';
import { type Because, recordFailure, recordTransition } from './record-transition.ts';
import { storeCounters } from './rollout/counters.store.ts';
import { honourWantedTraffic } from './set-traffic.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

const NEXT = 'Mend the cause and deploy again: a failed deployment is never tried again by itself.';

/**
 * Takes in what a gateway sees, and moves the deployments that it is about: to `verifying`, to `ready` (with the
 * traffic that waits for that) or to `failed`. The same report again changes nothing.
 */
export async function observeDeployments(parts: Parts, report: ObservationReport): Promise<void> {
  const { db, clock } = parts;
  const news = await findNews(parts, report);
  const endpoints = [...new Set(news.map(({ deployment }) => deployment.endpoint))].sort();
  await db.transaction(async (trx) => {
    // In one order everywhere, so that two reports never wait for each other.
    for (const name of endpoints) await lockEndpoint(parts, trx, name);
    await upsertGateway(trx, report, clock.now());
    await storeCounters(trx, report, clock.now());
    const because = { actor: 'gateway', cause: `gateway:${report.gateway}` };
    let moved = false;
    for (const { deployment, observation } of news) {
      moved = (await observe(parts, trx, { deployment, observation, because })) || moved;
    }
    if (moved) await refreshDesiredState(parts, trx);
  });
}

interface News {
  readonly deployment: Deployment;
  readonly observation: Observation;
}

/** Most reports repeat what is known: then no endpoint is locked. */
async function findNews({ db }: Parts, { observations }: ObservationReport): Promise<News[]> {
  const news: News[] = [];
  for (const observation of observations) {
    const deployment = await findDeployment(db.read, observation.deployment);
    if (deployment?.endpoint === observation.endpoint && isNews(deployment, observation)) {
      news.push({ deployment, observation });
    }
  }
  return news;
}

function isNews({ state }: Deployment, observation: Observation): boolean {
  if (state === 'published') return true;
  return state === 'verifying' && (observation.state === 'ready' || observation.state === 'failed');
}

async function observe(
  parts: Parts,
  trx: Trx,
  { deployment, observation, because }: News & { readonly because: Because },
): Promise<boolean> {
  const { state, engine, reason, parity, onnx_parity } = observation;
  const columns = {
    serving_engine: engine,
    parity: parity && JSON.stringify(parity),
    onnx_parity: onnx_parity && JSON.stringify(onnx_parity),
  };
  switch (state) {
    case 'preparing':
    case 'verifying':
      return recordTransition(trx, parts, deployment, 'verifying', because);
    case 'failed':
      return recordFailure(trx, parts, deployment, { ...because, columns, failure: toFailure(observation) });
    case 'ready': {
      const moved = await recordTransition(trx, parts, deployment, 'ready', {
        ...because,
        columns: { ...columns, serving_reason: reason, ready_at: parts.clock.now() },
        data: { engine, reason, parity: parity?.message ?? null },
      });
      if (moved) await honourWantedTraffic(parts, trx, deployment, because);
      return moved;
    }
  }
}

function toFailure({ reason, parity }: Observation): Failure {
  const saidNo = parity !== null && !parity.passed;
  return {
    step: saidNo ? 'parity' : 'gateway',
    reason: reason ?? parity?.message ?? 'The gateway gave no reason.',
    next: saidNo && parity.cause !== null ? `Likely cause: ${parity.cause} ${NEXT}` : NEXT,
  };
}
