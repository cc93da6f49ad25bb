import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayConfig, untilServing } from '../src/loop/serve/gateway.fixture.ts';
import { type Gateway, startGateway } from '../src/loop/serve/gateway-main.ts';
import { createLog } from '../src/platform/log.ts';
import type { KilledServer } from './killed-server.ts';

export interface ServingGateway extends AsyncDisposable {
  readonly gateway: Gateway;
}

/** A gateway in this process that outlives the server, and answers as `tiny/1` at the endpoint `flights`. */
export async function servingGateway(server: KilledServer): Promise<ServingGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-gateway-'));
  const gateway = await startGateway(gatewayConfig(folder, server.baseUrl), { log: createLog('silent', 'gateway') });
  const json = { version: 'tiny/1', prediction: { kind: 'probability', column: '1', threshold: 0.5 } };
  await server.again(() => server.client.request('POST', '/api/v1/endpoints/flights/deployments', { json }));
  await untilServing(gateway, 'flights');
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
