import { fillPath } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { parseWord, printReceipt, type Receipt } from './view.ts';

export const command = defineCommand({
  summary: 'Say what was true about a prediction.',
  usage: 'PREDICTION VALUE | --key KEY --endpoint NAME VALUE [--time TIME] [--censored REASON]',
  options: {
    endpoint: {
      type: 'string',
      short: 'e',
      value: 'NAME',
      meaning: 'Which endpoint answered; with an ID it is found.',
    },
    key: { type: 'string', value: 'KEY', meaning: 'Instead of an ID: the newest prediction about this key.' },
    time: { type: 'string', value: 'TIME', meaning: 'When the label held, ISO 8601 or milliseconds (default now).' },
    censored: { type: 'string', value: 'REASON', meaning: 'Instead of a VALUE: why the truth will never be known.' },
  },
  async run({ values, args }, io) {
    const { key, time, censored } = values;
    const words = [...args];
    const prediction = key === undefined ? words.shift() : undefined;
    const value = censored === undefined ? words.shift() : undefined;
    const said = prediction !== undefined || key !== undefined;
    if (!said || words.length > 0 || (value === undefined && censored === undefined)) {
      throw new UsageError('labels add needs a PREDICTION and a VALUE: bucle labels add ID.0 1');
    }
    const endpoint = values.endpoint ?? (prediction === undefined ? undefined : await findEndpoint(io, prediction));
    if (endpoint === undefined) throw new UsageError('labels add --key needs the --endpoint, too.');
    const label = {
      ...(prediction === undefined ? { key } : { prediction }),
      ...(value === undefined ? { censored } : { value: parseWord(value) }),
      ...(time === undefined ? {} : { label_time: parseWord(time) }),
    };
    const path = fillPath('/api/v1/endpoints/{name}/labels', { name: endpoint });
    printReceipt(io, await io.client.request<Receipt>('POST', path, { json: label }));
    return 0;
  },
});

async function findEndpoint({ client }: Io, id: string): Promise<string> {
  return (await client.request<{ endpoint: string }>('GET', fillPath('/api/v1/predictions/{id}', { id }))).endpoint;
}
