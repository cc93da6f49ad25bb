import type { Context } from '../../context.ts';
import type { Db, Trx } from '../../database.ts';
import { listInStates } from './deployment.store.ts';
import { type Deployment, desiredStates, remoteFiles, type StoredFile, versionRef } from './deployment.ts';
import type { DesiredDeployment, DesiredEndpoint } from './desired-state.schema.ts';
import {
  type DesiredContent,
  readCallerTokens,
  readDesiredState,
  readRevision,
  writeDesiredState,
} from './desired-state.store.ts';
import { listEndpoints } from './endpoint.store.ts';
import type { Endpoint } from './endpoint.ts';
import { listWatchedEndpoints } from './rollout/rollout.store.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

/**
 * Computes what gateways shall run from the rows, and gives it the next revision if it is news. Call it last in
 * every transaction that changes an endpoint or a deployment: what a gateway reads is then never half a change.
 */
export async function refreshDesiredState({ db, clock }: Parts, trx: Trx): Promise<number> {
  await db.lock(trx, 'desired-state');
  const former = await readDesiredState(trx);
  const { tokens, digest } = await readCallerTokens(trx);
  const content = JSON.stringify({ endpoints: await desiredEndpoints(trx), tokens } satisfies DesiredContent);
  if (former?.content === content) return former.revision;
  const revision = (former?.revision ?? 0) + 1;
  await writeDesiredState(trx, { revision, tokensDigest: digest, content, now: clock.now() });
  return revision;
}

/** The revision in force; tokens are made and revoked elsewhere, so that theirs are noticed here. */
export async function currentRevision(parts: Parts): Promise<number> {
  const { db } = parts;
  const [known, { digest }] = await Promise.all([readRevision(db.read), readCallerTokens(db.read)]);
  if (known?.tokensDigest === digest) return known.revision;
  return db.transaction((trx) => refreshDesiredState(parts, trx));
}

async function desiredEndpoints(trx: Db): Promise<DesiredEndpoint[]> {
  const [endpoints, deployments] = [await listEndpoints(trx), await listInStates(trx, desiredStates)];
  const byEndpoint = Map.groupBy(deployments, ({ endpoint }) => endpoint);
  const watched = await listWatchedEndpoints(trx);
  return endpoints.map((endpoint) =>
    toDesired(endpoint, byEndpoint.get(endpoint.name) ?? [], watched.has(endpoint.name)),
  );
}

function toDesired(endpoint: Endpoint, deployments: readonly Deployment[], watched: boolean): DesiredEndpoint {
  const { name, traffic, prediction, eventTime, key, timeoutMs, workers } = endpoint;
  return {
    name,
    deployments: deployments.map(toDesiredDeployment),
    traffic: { ...traffic },
    prediction,
    event_time: eventTime,
    key,
    watched,
    ...(timeoutMs === null ? {} : { timeout_ms: timeoutMs }),
    ...(workers === null ? {} : { workers }),
  };
}

function toDesiredDeployment(deployment: Deployment): DesiredDeployment {
  const { id, version, modelId, modelFiles, engine, onnxFiles, conversionReason, golden } = deployment;
  return {
    id,
    version: versionRef(version),
    model: { id: modelId, files: remoteFiles(modelFiles, ({ path }) => modelFileUrl(modelId, path)) },
    engine,
    onnx: onnxFiles && { files: remoteFiles(onnxFiles, storedFileUrl) },
    conversion_reason: conversionReason,
    golden: golden && { url: storedFileUrl(golden), sha256: golden.sha256 },
    requirements: null,
    python: null,
  };
}

function modelFileUrl(modelId: string, path: string): string {
  const parts = path.split('/').map(encodeURIComponent);
  return `/api/v1/gateway/models/${encodeURIComponent(modelId)}/files/${parts.join('/')}`;
}

function storedFileUrl({ sha256 }: Pick<StoredFile, 'sha256'>): string {
  return `/api/v1/gateway/files/${sha256}`;
}
