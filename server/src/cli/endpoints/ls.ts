import { defineCommand } from '../command.ts';
import { describeTraffic, getEndpoint, listEndpoints } from './view.ts';

const AT_ONCE = 8;

export const command = defineCommand({
  summary: 'List endpoints with what answers their requests.',
  usage: '',
  options: {},
  async run(_input, io) {
    const endpoints = await listEndpoints(io);
    if (io.json) io.printJson(endpoints);
    else if (endpoints.length === 0) {
      io.note('No endpoints yet: `bucle endpoints deploy NAME MODEL/VERSION` makes one.');
    } else {
      const rows: (string | null)[][] = [];
      for (let at = 0; at < endpoints.length; at += AT_ONCE) {
        const part = endpoints.slice(at, at + AT_ONCE);
        const details = await Promise.all(part.map(({ name }) => getEndpoint(io, name)));
        rows.push(...details.map((one) => [one.name, describeTraffic(one), one.prediction?.kind ?? null, one.url]));
      }
      io.printTable(['endpoint', 'traffic', 'prediction', 'url'], rows, ['endpoint', 'url']);
    }
    return 0;
  },
});
