import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { findDeployment } from './find-deployment.ts';
import { getEndpoint, shortVersion } from './view.ts';

export const command = defineCommand({
  summary: 'End a deployment that has no traffic; its workers stop.',
  usage: 'NAME DEPLOYMENT [--force]',
  options: {
    force: { type: 'boolean', meaning: 'Also the version to which the last rollout can be undone.' },
  },
  async run({ values, args }, io) {
    const [name, word] = args;
    if (name === undefined || word === undefined || args.length !== 2) {
      throw new UsageError('endpoints retire needs NAME and DEPLOYMENT.');
    }
    const deployment = findDeployment(await getEndpoint(io, name), word);
    await io.client.request(
      'DELETE',
      fillPath('/api/v1/endpoints/{name}/deployments/{id}', { name, id: deployment.id }),
      { query: { force: values.force ?? false }, signal: io.signal },
    );
    if (io.json) io.printJson({ endpoint: name, deployment: deployment.id, state: 'retired' });
    io.note(`Retired ${deployment.id} (${shortVersion(deployment)}).`);
    return 0;
  },
});
