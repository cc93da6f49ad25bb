import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { BucleError, platformErrors } from '../platform/errors.ts';
import type { App } from '../platform/http/create-http.ts';
import { Lineage, type LineageEdge, type LineageKind, type LineageNode } from './lineage.schema.ts';
import type { Found, LineageParts, Upstream } from './lineage-node.ts';
import { deploymentNode, endpointNode, modelNode, predictionNode, versionNode } from './lineage-serving.ts';
import { datasetNode, jobNode, runNode } from './lineage-training.ts';

const SHAPES =
  'prediction:ID.k, deployment:ID, endpoint:NAME, version:NAME/N, model:m-…, run:ID, job:ID, dataset:NAME@N';

const finders: Readonly<Record<string, (parts: LineageParts, ref: string, via: string | null) => Promise<Found>>> = {
  prediction: predictionNode,
  endpoint: endpointNode,
  deployment: deploymentNode,
  version: versionNode,
  model: modelNode,
  run: runNode,
  job: jobNode,
  dataset: datasetNode,
};

export function lineageRoutes(app: App, context: Pick<Context, 'db' | 'blobs'>): void {
  app.get(
    '/api/v1/lineage/:ref',
    {
      schema: {
        tags: ['lineage'],
        operationId: 'getLineage',
        summary: 'Everything that a thing came out of: from a prediction down to code, environment and data.',
        params: Type.Object({
          ref: Type.String({ maxLength: 500, description: `One of ${SHAPES}; percent-encoded.` }),
        }),
        response: { 200: Lineage },
      },
    },
    async ({ params: { ref } }) => traceLineage(context, ref),
  );
}

/** Follows what `ref` came out of. What is missing on the way is a node that says why. @throws when `ref` itself is not there */
export async function traceLineage(parts: LineageParts, ref: string): Promise<Lineage> {
  const nodes = new Map<string, LineageNode>();
  const edges: LineageEdge[] = [];
  const root = await find(parts, ref, null);
  nodes.set(ref, { id: ref, ...root.node });
  const waiting: { from: string; upstream: Upstream }[] = root.upstream.map((upstream) => ({ from: ref, upstream }));
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { from, upstream } = next;
    const id = upstream.node ? (upstream.ref ?? `${from}/${upstream.node.kind}:${edges.length}`) : upstream.ref;
    edges.push({ from, to: id, relation: upstream.relation });
    if (nodes.has(id)) continue;
    const { node, upstream: further } = await follow(parts, upstream, from);
    nodes.set(id, { id, ...node });
    waiting.push(...further.map((one) => ({ from: id, upstream: one })));
  }
  return { ref, nodes: [...nodes.values()], edges };
}

async function follow(parts: LineageParts, upstream: Upstream, via: string): Promise<Found> {
  if (upstream.node) return { node: upstream.node, upstream: [] };
  try {
    return await find(parts, upstream.ref, via);
  } catch (error) {
    if (!(error instanceof BucleError)) throw error;
    const kind = upstream.ref.split(':')[0] as LineageKind;
    return { node: { kind, ref: upstream.ref, summary: '', facts: {}, missing: error.message }, upstream: [] };
  }
}

async function find(parts: LineageParts, ref: string, via: string | null): Promise<Found> {
  const colon = ref.indexOf(':');
  const kind = ref.slice(0, Math.max(0, colon));
  const finder = Object.hasOwn(finders, kind) ? finders[kind] : undefined;
  if (!finder) {
    throw platformErrors.INVALID_REQUEST({ problem: `${ref.slice(0, 100)} has no lineage: name one of ${SHAPES}.` });
  }
  return finder(parts, ref, via);
}
