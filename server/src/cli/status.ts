import { defineCommand } from './command.ts';

interface Status {
  readonly version: string;
  readonly database: string;
  readonly blobs: string;
  readonly started_at: number;
  readonly gateway_url: string;
}

export const command = defineCommand({
  summary: 'Show what answers: control server and gateway.',
  usage: '',
  options: {},
  async run(_input, io) {
    const server = await io.client.request<Status>('GET', '/api/v1/status');
    const gateway = await fetch(`${server.gateway_url}/v2/health/live`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (io.json) {
      io.printJson({ ...server, server_url: io.client.baseUrl, gateway_live: gateway });
      return gateway ? 0 : 1;
    }
    io.printTable(
      ['part', 'state', 'where', 'what'],
      [
        ['server', 'up', io.client.baseUrl, `version ${server.version}, ${server.database}, blobs on ${server.blobs}`],
        ['gateway', gateway ? 'up' : 'down', server.gateway_url, 'answers callers of models'],
      ],
      ['where'],
    );
    if (!gateway) io.note('The gateway does not answer: `bucle up` starts it again.');
    return gateway ? 0 : 1;
  },
});
