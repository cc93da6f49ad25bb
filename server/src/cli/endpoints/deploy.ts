import { fillPath } from '@bucle/client';
import { defineCommand, exitCodes, type Io, UsageError } from '../command.ts';
import { ground, groundOptions } from '../rollouts/ground.ts';
import { declaration, declarationOptions } from './declaration.ts';
import { tellFailure, tellVerdict } from './verdict.ts';
import { type Deployment, getEndpoint } from './view.ts';
import { waitUntilReady, waitUntilServing } from './wait-for-deployment.ts';

const engines = ['auto', 'onnx', 'python'];

export const command = defineCommand({
  summary: 'Deploy a model version behind the parity gate; prints the address for callers.',
  usage:
    'NAME MODEL/VERSION [--traffic N] [--decision ID | --reason TEXT] [--engine auto|onnx|python] [--prediction KIND …] [--no-wait]',
  options: {
    engine: { type: 'string', value: 'ENGINE', meaning: 'auto (default), onnx (insists) or python.' },
    traffic: {
      type: 'string',
      value: 'N',
      meaning: 'Percent as soon as it is ready; absent: everything if nothing has traffic yet, else nothing.',
    },
    ...groundOptions,
    ...declarationOptions,
    'no-wait': { type: 'boolean', meaning: 'Return as soon as it is accepted.' },
    timeout: { type: 'string', value: 'SECONDS', meaning: 'Wait no longer than this, then exit with 8; it goes on.' },
  },
  async run({ values, args }, io) {
    const [name, version] = args;
    if (name === undefined || version === undefined || args.length !== 2) {
      throw new UsageError('endpoints deploy needs NAME and MODEL/VERSION, such as: flights flights/3.');
    }
    if (values.engine !== undefined && !engines.includes(values.engine)) {
      throw new UsageError(`--engine is ${values.engine}, but it must be one of ${engines.join(', ')}.`);
    }
    const seconds = number(values.timeout, '--timeout');
    const traffic = number(values.traffic, '--traffic');
    if (traffic !== undefined && traffic > 100)
      throw new UsageError(`--traffic is ${traffic}, but it must be at most 100.`);
    const accepted = await io.client.request<Deployment>(
      'POST',
      fillPath('/api/v1/endpoints/{name}/deployments', { name }),
      {
        json: {
          version,
          ...(values.engine === undefined ? {} : { engine: values.engine }),
          ...(traffic === undefined ? {} : { traffic }),
          ...ground(values),
          ...declaration(values),
        },
        signal: io.signal,
      },
    );
    if (values['no-wait']) {
      if (io.json) io.printJson(accepted);
      else io.print(accepted.id);
      io.note(`Accepted; see how it goes by \`bucle endpoints show ${name}\`.`);
      return exitCodes.ok;
    }
    return follow(io, accepted, seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1000);
  },
});

async function follow(io: Io, accepted: Deployment, patienceMs: number): Promise<number> {
  const end = performance.now() + patienceMs;
  const { endpoint: name } = accepted;
  const tell = () => io.note(`It goes on by itself; see \`bucle endpoints show ${name}\`.`);
  io.signal.addEventListener('abort', tell, { once: true });
  const deployment = await waitUntilReady(io, accepted, end);
  if (deployment === null) {
    tell();
    return exitCodes.pending;
  }
  if (deployment.state !== 'ready') {
    if (io.json) io.printJson(deployment);
    tellFailure(io, deployment);
    return deployment.failure?.step === 'parity' ? exitCodes.saidNo : exitCodes.failed;
  }
  const serving = await waitUntilServing(io, deployment, end);
  io.signal.removeEventListener('abort', tell);
  const endpoint = await getEndpoint(io, name);
  if (io.json) io.printJson({ ...serving, url: endpoint.url });
  tellVerdict(io, serving, endpoint);
  if (!io.json) io.print(endpoint.url);
  return exitCodes.ok;
}

function number(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new UsageError(`${flag} is ${text}, but it must be a number from 0 up.`);
  }
  return value;
}
