import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { BucleError, platformErrors } from '../platform/errors.ts';
import type { App } from '../platform/http/create-http.ts';
import { Lineage, type LineageEdge, type LineageKind, type LineageNode } from './lineage.schema.ts';
import { decisionNode, rolloutNode } from './lineage-decisions.ts';
import { downstreamOf } from './lineage-down.ts';
import { alertNode, firingNode, gateNode, labelNode, monitorNode, policyNode, windowNode } from './lineage-loop.ts';
import type { Found, LineageParts, Upstream } from './lineage-node.ts';
import { deploymentNode, endpointNode, modelNode, predictionNode, versionNode } from './lineage-serving.ts';
import { datasetNode, jobNode, runNode } from './lineage-training.ts';

const SHAPES =
  'prediction:ID.k, deployment:ID, endpoint:NAME, version:NAME/N, model:m-…, run:ID, job:ID, dataset:NAME@N, ' +
  'decision:ID, rollout:ID, gate:NAME, monitor:ENDPOINT, window:ENDPOINT@START, alert:ID, policy:NAME, firing:ID, label:ID.k';

/** A document of more is nothing for a person any more. */
const MOST_NODES = 500;

export type Direction = 'up' | 'down';

const finders: Readonly<Record<string, (parts: LineageParts, ref: string, via: string | null) => Promise<Found>>> = {
  prediction: predictionNode,
  endpoint: endpointNode,
  deployment: deploymentNode,
  version: versionNode,
  model: modelNode,
  run: runNode,
  job: jobNode,
  dataset: datasetNode,
  decision: decisionNode,
  rollout: rolloutNode,
  gate: gateNode,
  monitor: monitorNode,
  window: windowNode,
  alert: alertNode,
  policy: policyNode,
  firing: firingNode,
  label: labelNode,
};

export function lineageRoutes(app: App, context: Pick<Context, 'db' | 'blobs'>): void {
  app.get(
    '/api/v1/lineage/:ref',
    {
      schema: {
        tags: ['lineage'],
        operationId: 'getLineage',
        summary:
          'Everything that a thing came out of: from a prediction down to code, environment and data; or, the other ' +
          'way, everything that came out of it.',
        params: Type.Object({
          ref: Type.String({ maxLength: 500, description: `One of ${SHAPES}; percent-encoded.` }),
        }),
        querystring: Type.Object(
          {
            direction: Type.Union([Type.Literal('up'), Type.Literal('down')], {
              default: 'up',
              description: '`up`: what it came out of; `down`: what came out of it.',
            }),
          },
          { additionalProperties: false },
        ),
        response: { 200: Lineage },
      },
    },
    async ({ params: { ref }, query: { direction } }) => traceLineage(context, ref, direction),
  );
}

/**
 * Follows what `ref` came out of, or what came out of it. What is missing on the way is a node that says why.
 * @throws when `ref` itself is not there
 */
export async function traceLineage(parts: LineageParts, ref: string, direction: Direction = 'up'): Promise<Lineage> {
  const nodes = new Map<string, LineageNode>();
  const edges: LineageEdge[] = [];
  const root = await find(parts, ref, null);
  nodes.set(ref, { id: ref, ...root.node });
  const linksOf = async (id: string, { upstream }: Found) =>
    direction === 'up' ? upstream : await downstreamOf(parts, id);
  const waiting = (await linksOf(ref, root)).map((link) => ({ from: ref, link }));
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { from, link } = next;
    const id = link.node ? (link.ref ?? `${from}/${link.node.kind}:${edges.length}`) : link.ref;
    if (!nodes.has(id) && nodes.size >= MOST_NODES) continue;
    edges.push({ from, to: id, relation: link.relation });
    if (nodes.has(id)) continue;
    const found = await follow(parts, link, from);
    nodes.set(id, { id, ...found.node });
    const further = found.node.missing === null && !link.node ? await linksOf(id, found) : found.upstream;
    waiting.push(...further.map((one) => ({ from: id, link: one })));
  }
  return { ref, nodes: [...nodes.values()], edges };
}

async function follow(parts: LineageParts, link: Upstream, via: string): Promise<Found> {
  if (link.node) return { node: link.node, upstream: [] };
  try {
    return await find(parts, link.ref, via);
  } catch (error) {
    if (!(error instanceof BucleError)) throw error;
    const kind = link.ref.split(':')[0] as LineageKind;
    return { node: { kind, ref: link.ref, summary: '', facts: {}, missing: error.message }, upstream: [] };
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
