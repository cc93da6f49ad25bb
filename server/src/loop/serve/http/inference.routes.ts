import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { App } from '../../../platform/http/create-http.ts';
import { version } from '../../../version.ts';
import { answerPrediction, chooseDeployment, findEndpoint } from '../answer-prediction.ts';
import { serveErrors } from '../errors.ts';
import { readInference } from '../protocol/read-inference.ts';
import { inputTensors, outputTensors } from '../protocol/tensor-types.ts';
import { toOutputTensors } from '../protocol/write-inference.ts';
import type { GatewayParts } from './gateway-app.ts';
import { namingHeaders, readCommon } from './prediction-request.ts';
import { explain, sendJson } from './send-json.ts';

const ModelParams = Type.Object({ model: Type.String(), version: Type.Optional(Type.String()) });
type ModelParams = Static<typeof ModelParams>;

const open = { config: { scope: 'none' as const } };
const asReader = { config: { scope: 'read' as const }, schema: { params: ModelParams } };

/** The Open Inference Protocol v2, below `/v2`: an endpoint is its model; without a version the traffic split decides. */
export function inferenceRoutes(scope: App, parts: GatewayParts): void {
  scope.setErrorHandler((error, request, reply) => sendFailure(error as Error, request, reply));
  scope.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    return sendFailure(serveErrors.ROUTE_NOT_FOUND({ method: request.method, path }), request, reply);
  });
  scope.get('/', open, async (_request, reply) => sendJson(reply, 200, { name: 'bucle', version, extensions: [] }));
  scope.get('/health/live', open, async (_request, reply) =>
    sendJson(reply, 200, { live: true, ready: parts.isReady() }),
  );
  scope.get('/health/ready', open, async (_request, reply) => {
    const ready = parts.isReady();
    const error = { error: 'This gateway is coming up, or it is ending.' };
    return sendJson(reply, ready ? 200 : 503, { live: true, ready, ...(ready ? {} : error) });
  });
  for (const model of ['/models/:model', '/models/:model/versions/:version']) modelRoutes(scope, parts, model);
}

function modelRoutes(scope: App, parts: GatewayParts, model: string): void {
  scope.get(model, asReader, async ({ params }, reply) => sendJson(reply, 200, describeModel(parts, params)));
  scope.get(`${model}/ready`, asReader, async ({ params }, reply) => {
    const ready = isReady(parts, params);
    const error = { error: `The model ${params.model} cannot answer yet.` };
    return sendJson(reply, ready ? 200 : 503, { name: params.model, ready, ...(ready ? {} : error) });
  });
  scope.post(`${model}/infer`, asReader, async (request, reply) => {
    const { params } = request;
    const common = readCommon(request, parts.clock.now());
    const binaryHeader = request.headers['inference-header-content-length'] !== undefined;
    const contentType = request.headers['content-type'];
    const inference = readInference({ contentType, binaryHeader }, request.body as Buffer);
    const { outputs, deployment } = await answerPrediction(
      parts,
      {
        ...{ ...common, endpoint: params.model, version: params.version ?? null, protocol: 'oip', params: null },
        input: { kind: 'named', tensors: inference.tensors },
      },
      namingHeaders(reply),
    );
    const { signature = null } = deployment.serving ?? {};
    return sendJson(reply, 200, {
      model_name: params.model,
      model_version: versionNumber(deployment.target.deployment.version),
      ...(inference.id === null ? {} : { id: inference.id }),
      outputs: toOutputTensors(signature, outputs, inference.outputs),
    });
  });
}

function describeModel({ fleet }: GatewayParts, { model, version: asked }: ModelParams) {
  const endpoint = findEndpoint(fleet, model);
  const { serving, target } = chooseDeployment(endpoint, { deployment: null, version: asked ?? null, key: null });
  if (serving === null) {
    throw serveErrors.NOT_READY({ endpoint: model, reason: `${target.deployment.version} is not ready` });
  }
  const versions = [...endpoint.deployments.values()]
    .filter((deployment) => deployment.serving !== null)
    .map((deployment) => versionNumber(deployment.target.deployment.version));
  return {
    name: model,
    versions: [...new Set(versions)],
    platform: serving.engine.kind === 'onnx' ? 'onnx_onnxv1' : 'mlflow_pyfunc',
    inputs: inputTensors(serving.signature),
    outputs: outputTensors(serving.signature),
  };
}

function isReady({ fleet }: GatewayParts, { model, version: asked }: ModelParams): boolean {
  const endpoint = findEndpoint(fleet, model);
  if (asked === undefined) return Object.keys(endpoint.split).length > 0;
  return chooseDeployment(endpoint, { deployment: null, version: asked, key: null }).serving !== null;
}

/** `3` of `version:flights/3`. */
function versionNumber(ref: string): string {
  return ref.split('/').at(-1) ?? ref;
}

function sendFailure(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message } = explain(error, request, reply);
  return sendJson(reply, status, { error: message });
}
