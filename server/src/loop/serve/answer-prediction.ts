import type { Prediction } from '../../engines/engine.ts';
import { type ModelInput, toWire, type Value } from '../../engines/values.ts';
import type { Clock } from '../../platform/clock.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import type { Capture, CaptureLog } from './capture/capture.ts';
import { serveErrors } from './errors.ts';
import type { ArmCount, ArmCounting } from './gateway/count-arms.ts';
import { DEFAULT_TIMEOUT_MS, type Fleet, type ServedEndpoint } from './gateway/fleet.ts';
import type { RunningDeployment } from './gateway/run-deployment.ts';
import { pickDeployment, pointOf } from './gateway/traffic-split.ts';
import type { GivenInput } from './protocol/adapt-input.ts';
import { splitInput } from './protocol/declared-columns.ts';
import { type EventTimes, eventTimesOf } from './protocol/event-time.ts';
import { keysOf, type RequestKeys } from './protocol/prediction-key.ts';

/** What every protocol makes of a request. */
export interface PredictionRequest {
  /** UUIDv7, made before anything is computed. */
  readonly id: string;
  readonly endpoint: string;
  /** Asks for one deployment, past the split. */
  readonly deployment: string | null;
  /** Asks for the deployment of a version number, past the split. */
  readonly version: string | null;
  readonly protocol: Capture['protocol'];
  readonly input: GivenInput;
  readonly params: { readonly [name: string]: Value } | null;
  readonly caller: string | null;
  readonly receivedAt: number;
  /** Milliseconds that the caller will wait; null: as long as the endpoint allows. */
  readonly timeoutMs: number | null;
  readonly header: (name: string) => string | undefined;
}

export interface Answerer {
  readonly fleet: Fleet;
  readonly captures: CaptureLog;
  readonly arms: ArmCounting;
  readonly clock: Clock;
}

/** The deployment that was chosen, also when it then refuses or fails: `onChosen` hears of it first. */
export type OnChosen = (deployment: RunningDeployment) => void;

/**
 * Chooses a deployment, computes, and hands the capture to the operating system before it returns.
 * @throws SERVE_ENDPOINT_NOT_FOUND, SERVE_DEPLOYMENT_NOT_FOUND, SERVE_NOT_READY, SERVE_REQUEST_INVALID, ENGINE_…
 */
export async function answerPrediction(
  parts: Answerer,
  request: PredictionRequest,
  onChosen: OnChosen,
): Promise<Prediction & { readonly deployment: RunningDeployment }> {
  const endpoint = findEndpoint(parts.fleet, request.endpoint);
  const keys = keysOf(endpoint.desired.key, request);
  const { deployment: asked, version } = request;
  const deployment = chooseDeployment(endpoint, { deployment: asked, version, key: keys.key });
  onChosen(deployment);
  const arm = asked === null && version === null ? countedArm(parts, endpoint, deployment) : null;
  try {
    const prediction = await compute(parts, request, { endpoint, deployment, keys });
    arm?.answered(prediction.outputs);
    return { ...prediction, deployment };
  } catch (error) {
    arm?.failed(error);
    throw error;
  }
}

/** Who asked for a version past the split says nothing about the split. */
function countedArm({ arms }: Answerer, { desired, split }: ServedEndpoint, { target }: RunningDeployment): ArmCount {
  const { name: endpoint, prediction: meaning } = desired;
  return arms.begin({ endpoint, deployment: target.deployment.id, split, meaning });
}

interface Chosen {
  readonly endpoint: ServedEndpoint;
  readonly deployment: RunningDeployment;
  readonly keys: RequestKeys;
}

async function compute(
  { captures, clock }: Answerer,
  request: PredictionRequest,
  { endpoint, deployment, keys }: Chosen,
): Promise<Prediction> {
  const { serving } = deployment;
  if (serving === null) throw notReady(request.endpoint, deployment);
  const { receivedAt } = request;
  const { event_time: timed, key: keyed } = endpoint.desired;
  const { sent, input } = splitInput(serving.signature, request.input, [keyed, timed.feature]);
  const times = eventTimesOf(timed, request);
  const most = endpoint.desired.timeout_ms ?? DEFAULT_TIMEOUT_MS;
  const left = Math.min(request.timeoutMs ?? most, most) - (clock.now() - receivedAt);
  const prediction = await serving.engine.predict({ input, params: request.params }, { timeoutMs: Math.max(1, left) });
  captures.append(toCapture(request, deployment, { sent, times, keys, prediction }));
  failpoint('gateway:captured');
  return prediction;
}

/** @throws SERVE_ENDPOINT_NOT_FOUND */
export function findEndpoint(fleet: Fleet, name: string): ServedEndpoint {
  const endpoint = fleet.endpoint(name);
  if (endpoint === undefined) throw serveErrors.ENDPOINT_NOT_FOUND({ endpoint: name.slice(0, 100) });
  return endpoint;
}

/**
 * Who answers: the deployment or version that was asked for, else one of the split by its share. Requests about the
 * same thing (their key) stay with one version while the split stays, and go over to a growing canary once.
 * @throws SERVE_DEPLOYMENT_NOT_FOUND, SERVE_NOT_READY
 */
export function chooseDeployment(
  endpoint: ServedEndpoint,
  { deployment: id, version, key }: Pick<PredictionRequest, 'deployment' | 'version'> & { readonly key: string | null },
): RunningDeployment {
  if (id !== null) return found(endpoint, 'deployment', id, endpoint.deployments.get(id));
  if (version !== null) return found(endpoint, 'version', version, ofVersion(endpoint, version));
  const point = key === null ? Math.random() * 100 : pointOf(endpoint.desired.name, key);
  const picked = pickDeployment(endpoint.split, point);
  const chosen = picked === null ? undefined : endpoint.deployments.get(picked);
  if (chosen === undefined) {
    throw serveErrors.NOT_READY({ endpoint: endpoint.desired.name, reason: whyNobody(endpoint) });
  }
  return chosen;
}

/** The newest that is ready, else the newest: ids grow with time. */
function ofVersion({ deployments }: ServedEndpoint, version: string): RunningDeployment | undefined {
  const all = [...deployments.values()].filter(({ target }) => target.deployment.version.split('/').at(-1) === version);
  return all.findLast(({ serving }) => serving !== null) ?? all.at(-1);
}

function found(
  { desired }: ServedEndpoint,
  what: string,
  id: string,
  deployment: RunningDeployment | undefined,
): RunningDeployment {
  if (deployment) return deployment;
  throw serveErrors.DEPLOYMENT_NOT_FOUND({ endpoint: desired.name, what, id: id.slice(0, 100) });
}

function whyNobody({ desired, deployments }: ServedEndpoint): string {
  const named = Object.keys(desired.traffic);
  if (named.length === 0) return 'none of its deployments has traffic yet';
  const states = named.map((id) => {
    const { state = 'preparing', reason = null } = deployments.get(id)?.status ?? {};
    return `${deployments.get(id)?.target.deployment.version ?? id} is ${state}${reason === null ? '' : ` (${reason})`}`;
  });
  return states.join('; ').slice(0, 1_000);
}

function notReady(endpoint: string, { target, status }: RunningDeployment) {
  const why = status.reason === null ? '' : ` (${status.reason})`;
  return serveErrors.NOT_READY({ endpoint, reason: `${target.deployment.version} is ${status.state}${why}` });
}

interface Answered {
  readonly sent: ModelInput;
  readonly times: EventTimes;
  readonly keys: RequestKeys;
  readonly prediction: Prediction;
}

function toCapture(
  { id, endpoint, protocol, caller, receivedAt }: PredictionRequest,
  { target: { deployment } }: RunningDeployment,
  { sent, times, keys, prediction }: Answered,
): Capture {
  const { outputs, queueMicros, computeMicros } = prediction;
  const table = sent.kind === 'table' ? sent : null;
  return {
    ...{ id, endpoint, protocol, caller, deployment: deployment.id, version: deployment.version },
    ...{ received_at: receivedAt, event_time: times.eventTime, queue_us: queueMicros, compute_us: computeMicros },
    ...{ key: keys.key, keys: keys.keys, event_times: times.eventTimes },
    columns: table?.columns ?? null,
    rows: table?.rows.map((row) => toWire(row) as readonly Value[]) ?? null,
    tensor: sent.kind === 'tensor' ? toWire(sent.tensor) : null,
    outputs: outputs.map(toWire),
  };
}
