import { type Deployment, deploymentRef, endpointRef, findDeployment, findEndpoint } from '../loop/deploy/index.ts';
import { findVersion, resolveVersion, versionRef } from '../loop/registry/index.ts';
import { findPrediction, parsePredictionKey, predictionRef, rowOf } from '../loop/serve/index.ts';
import { findLoggedModel } from '../loop/track/index.ts';
import { platformErrors } from '../platform/errors.ts';
import {
  type Found,
  formatTime,
  type LineageParts,
  missing,
  nameIn,
  phrase,
  plural,
  type Upstream,
} from './lineage-node.ts';

const LONGEST_OUTPUT = 80;

/** @throws SERVE_INVALID_PREDICTION_ID, SERVE_PREDICTION_NOT_FOUND, SERVE_ROW_NOT_FOUND */
export async function predictionNode(parts: LineageParts, ref: string): Promise<Found> {
  const key = parsePredictionKey(ref);
  const capture = await findPrediction(parts, key.id);
  const { endpoint, deployment, version, received_at, event_time, protocol, caller, outputs } = capture;
  const row = key.row === null ? null : rowOf(capture, key.row);
  const output = row === null ? null : JSON.stringify(row.output).slice(0, LONGEST_OUTPUT);
  return {
    node: {
      kind: 'prediction',
      ref: predictionRef(key),
      summary: phrase(output, plural(outputs.length, 'row'), `received ${formatTime(received_at)}`),
      facts: {
        endpoint,
        version,
        received_at,
        event_time,
        protocol,
        caller,
        rows: outputs.length,
        output: row?.output ?? null,
      },
      missing: null,
    },
    upstream: [{ relation: 'answered by', ref: deploymentRef({ id: deployment }) }],
  };
}

/** Upstream are the deployments that have traffic. @throws PLATFORM_NOT_FOUND */
export async function endpointNode({ db }: LineageParts, ref: string): Promise<Found> {
  const name = nameIn(ref);
  const endpoint = await findEndpoint(db.read, name);
  if (!endpoint) throw platformErrors.NOT_FOUND({ what: 'endpoint', id: name });
  const shares = Object.entries(endpoint.traffic).filter(([, share]) => share > 0);
  const upstream = shares.map(([id, share]) => ({ relation: `sends ${share} % to`, ref: deploymentRef({ id }) }));
  const nobody = missing('sends to', 'deployment', 'No deployment of this endpoint has traffic.');
  return {
    node: {
      kind: 'endpoint',
      ref: endpointRef(name),
      summary: `${plural(shares.length, 'deployment')} with traffic`,
      facts: { created_at: endpoint.createdAt, created_by: endpoint.createdBy, traffic: { ...endpoint.traffic } },
      missing: null,
    },
    upstream: upstream.length === 0 ? [nobody] : upstream,
  };
}

/** @throws PLATFORM_NOT_FOUND */
export async function deploymentNode({ db }: LineageParts, ref: string): Promise<Found> {
  const deployment = await findDeployment(db.read, nameIn(ref));
  if (!deployment) throw platformErrors.NOT_FOUND({ what: 'deployment', id: nameIn(ref) });
  const { endpoint, state, servingEngine, parity, createdAt, createdBy, modelDigest, modelId, version } = deployment;
  const upstream: Upstream[] = [{ relation: 'serves', ref: versionRef(version) }];
  // The version may be deleted; the deployment still knows what it serves.
  if (!(await findVersion(db.read, version))) upstream.push({ relation: 'serves', ref: `model:${modelId}` });
  return {
    node: {
      kind: 'deployment',
      ref: deploymentRef(deployment),
      summary: phrase(
        state,
        servingEngine && `${servingEngine} engine`,
        `of ${endpointRef(endpoint)}`,
        verdict(deployment),
      ),
      facts: {
        ...{ endpoint, state, engine: servingEngine, model_digest: modelDigest },
        ...{ created_at: createdAt, created_by: createdBy },
        parity: parity && { passed: parity.passed, rows: parity.golden.rows, max_difference: parity.max_difference },
      },
      missing: null,
    },
    upstream,
  };
}

function verdict({ parity, failure }: Pick<Deployment, 'parity' | 'failure'>): string {
  if (!parity) return failure ? `failed: ${failure.reason}` : 'parity not checked yet';
  return `parity ${parity.passed ? 'passed' : 'failed'}: ${parity.message}`;
}

/** @throws REGISTRY_… when there is none */
export async function versionNode(parts: LineageParts, ref: string): Promise<Found> {
  const version = await resolveVersion(parts, ref);
  const { source, modelId, run, aliases, createdAt, createdBy } = version;
  const none = missing('is', 'model', `It points at ${source}, which is no logged model.`);
  const upstream: Upstream[] = modelId === null ? [none] : [{ relation: 'is', ref: `model:${modelId}` }];
  if (modelId === null && run !== null) upstream.push({ relation: 'logged by', ref: `run:${run}` });
  return {
    node: {
      kind: 'version',
      ref: versionRef(version),
      summary: phrase(
        aliases.length > 0 && aliases.map((alias) => `@${alias}`).join(' '),
        `registered ${formatTime(createdAt)} by ${createdBy}`,
      ),
      facts: { source, model_id: modelId, aliases: [...aliases], created_at: createdAt, created_by: createdBy },
      missing: null,
    },
    upstream,
  };
}

/** Of logged models only: registered ones have versions. @throws PLATFORM_NOT_FOUND */
export async function modelNode({ db }: LineageParts, ref: string): Promise<Found> {
  const id = nameIn(ref);
  const model = await findLoggedModel(db.read, id);
  if (!model) throw platformErrors.NOT_FOUND({ what: 'logged model', id });
  const { name, status, sourceRun, golden, createdAt } = model;
  const none = missing('logged by', 'run', 'The model was logged outside any run.');
  return {
    node: {
      kind: 'model',
      ref: `model:${id}`,
      summary: phrase(
        name,
        status === 'LOGGED_MODEL_READY' ? null : status,
        golden ? `golden answers from the ${golden.origin === 'job' ? 'training job' : 'rebuilt environment'}` : null,
      ),
      facts: { name, status, golden: golden?.origin ?? null, created_at: createdAt },
      missing: null,
    },
    upstream: sourceRun === null ? [none] : [{ relation: 'logged by', ref: `run:${sourceRun}` }],
  };
}
