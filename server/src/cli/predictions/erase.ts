import { setTimeout as sleep } from 'node:timers/promises';
import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';

interface Erasure {
  readonly id: string;
  readonly state: 'running' | 'done';
  readonly batches: number;
  readonly predictions: number;
  readonly not_erasable: readonly string[];
}

const POLL_MS = 200;

export const command = defineCommand({
  summary: 'Erase what was captured about a key, for good.',
  usage: '--endpoint NAME --key KEY --yes [--no-wait]',
  options: {
    endpoint: { type: 'string', value: 'NAME', meaning: 'The endpoint whose captures are meant.' },
    key: { type: 'string', value: 'KEY', meaning: 'The value of its declared key, or of the header Bucle-Key.' },
    yes: { type: 'boolean', meaning: 'Needed: nothing brings back what was erased.' },
    'no-wait': { type: 'boolean', meaning: 'Return at once; the server goes on.' },
  },
  async run({ values, args }, io) {
    const { endpoint, key } = values;
    if (endpoint === undefined || key === undefined || args.length > 0) {
      throw new UsageError('predictions erase needs --endpoint NAME and --key KEY.');
    }
    if (values.yes !== true) {
      throw new UsageError(
        `All captures of ${endpoint} about ${key} would be erased for good: say --yes if you mean it.`,
      );
    }
    const path = fillPath('/api/v1/endpoints/{name}/captures', { name: endpoint });
    let erasure = await io.client.request<Erasure>('DELETE', path, { query: { key }, signal: io.signal });
    const progress = fillPath('/api/v1/endpoints/{name}/erasures/{id}', { name: endpoint, id: erasure.id });
    while (erasure.state === 'running' && values['no-wait'] !== true) {
      await sleep(POLL_MS, undefined, { signal: io.signal });
      erasure = await io.client.request<Erasure>('GET', progress, { signal: io.signal });
    }
    if (io.json) {
      io.printJson(erasure);
      return 0;
    }
    if (erasure.state === 'running') {
      io.note(`The server erases it now; how far it is: GET ${progress}`);
      return 0;
    }
    io.note(
      `Erased ${erasure.predictions} predictions of ${endpoint}; ${erasure.batches} batches were looked through.`,
    );
    if (erasure.not_erasable.length > 0) {
      io.note(`Frozen from captures of ${endpoint}, and not changed: ${erasure.not_erasable.join(', ')}`);
    }
    return 0;
  },
});
