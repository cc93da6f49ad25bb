import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { ground, groundOptions } from '../rollouts/ground.ts';
import { findDeployment } from './find-deployment.ts';
import { describeTraffic, type Endpoint, getEndpoint } from './view.ts';

export const command = defineCommand({
  summary: 'Replace the whole split of an endpoint at once; the shares sum to 100.',
  usage:
    'NAME DEPLOYMENT=PERCENT… [--decision ID | --reason TEXT]   (a deployment by its id, the end of it, or its version: flights/3=90 flights/4=10)',
  options: groundOptions,
  async run({ values, args }, io) {
    const [name, ...shares] = args;
    if (name === undefined || shares.length === 0) {
      throw new UsageError('endpoints traffic needs NAME and DEPLOYMENT=PERCENT for each that shall get requests.');
    }
    const before = await getEndpoint(io, name);
    const traffic: Record<string, number> = {};
    for (const share of shares) {
      const { word, percent } = parseShare(share);
      const { id } = findDeployment(before, word);
      if (traffic[id] !== undefined) throw new UsageError(`${word} is named twice.`);
      traffic[id] = percent;
    }
    const after = await io.client.request<Endpoint>('PUT', fillPath('/api/v1/endpoints/{name}/traffic', { name }), {
      json: { traffic, ...ground(values) },
      signal: io.signal,
    });
    if (io.json) io.printJson(after);
    else {
      io.note(`before: ${describeTraffic(before) ?? 'nobody'}`);
      io.print(describeTraffic({ ...before, traffic: after.traffic }) ?? 'nobody');
    }
    return 0;
  },
});

function parseShare(text: string): { word: string; percent: number } {
  const [, word, digits] = /^(.+)=(\d+(?:\.\d+)?)%?$/.exec(text) ?? [];
  if (word === undefined || digits === undefined) {
    throw new UsageError(`${text} is no share: write DEPLOYMENT=PERCENT, such as flights/4=10.`);
  }
  return { word, percent: Number(digits) };
}
