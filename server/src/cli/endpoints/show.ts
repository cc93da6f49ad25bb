import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { describeRollout } from '../rollouts/view.ts';
import { type Deployment, type EndpointDetail, getEndpoint, shortId, shortVersion } from './view.ts';

export const command = defineCommand({
  summary: 'Show an endpoint: its deployments, their traffic, engine and parity.',
  usage: 'NAME',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('endpoints show needs one NAME.');
    const endpoint = await getEndpoint(io, name);
    if (io.json) io.printJson(endpoint);
    else showEndpoint(io, endpoint);
    return 0;
  },
});

function showEndpoint(io: Io, endpoint: EndpointDetail): void {
  io.print(`${endpoint.name}: ${endpoint.url}`);
  io.print(`${describePrediction(endpoint)}; event time: ${describeEventTime(endpoint)}`);
  if (endpoint.key !== null) io.print(`key: ${endpoint.key}`);
  io.print('');
  io.printTable(
    ['deployment', 'version', 'state', 'traffic', 'really', 'engine', 'parity', 'created'],
    endpoint.deployments.map((one) => [
      io.stdout.isTTY ? shortId(one.id) : one.id,
      shortVersion(one),
      one.state,
      one.traffic === 0 ? null : `${one.traffic} %${one.id === endpoint.stable ? ', stable' : ''}`,
      describeSeen(one),
      one.serving_engine,
      describeParity(one),
      formatTime(one.created_at),
    ]),
    ['deployment', 'version'],
  );
  if (endpoint.rollout !== null) {
    io.note(describeRollout(endpoint.rollout));
    io.note(`  next: bucle rollouts watch ${endpoint.rollout.id}`);
  }
  for (const { version, failure } of endpoint.deployments.slice(0, 1)) {
    if (failure !== null) io.note(`${version}: ${failure.reason}\n  next: ${failure.next}`);
  }
  if (endpoint.gateways.length === 0)
    io.note('No gateway has reported lately: `bucle up` or `bucle gateway` starts one.');
}

function describePrediction({ prediction }: EndpointDetail): string {
  if (prediction === null) return 'prediction: not declared (say --prediction at the next deploy)';
  const { kind, column, threshold } = prediction;
  const at = threshold === null ? '' : `, positive from ${threshold}`;
  return `prediction: ${kind}${column === null ? '' : ` in ${column}`}${at}`;
}

function describeEventTime({ event_time: { feature, header } }: EndpointDetail): string {
  const parts = [...(header === null ? [] : [`header ${header}`]), ...(feature === null ? [] : [`feature ${feature}`])];
  return parts.join(' or ') || 'time of receipt';
}

/** What the gateways really do, which can lag behind what shall be. */
function describeSeen({ gateways }: Deployment): string | null {
  if (gateways.length === 0) return null;
  return [...new Set(gateways.map(({ traffic, state }) => (state === 'ready' ? `${traffic} %` : state)))].join(', ');
}

function describeParity({ parity }: Deployment): string | null {
  if (parity === null) return null;
  return parity.passed ? `passed, ${parity.golden.rows} rows` : 'FAILED';
}
