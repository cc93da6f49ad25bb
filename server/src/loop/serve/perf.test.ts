import { Agent, request } from 'node:http';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'vitest';
import { deploy } from '../deploy/test-gateway.fixture.ts';
import { openServing, tinyRow } from './gateway.fixture.ts';
import { freePort, untilAnswering } from './gateway-process.fixture.ts';
test('x', async () => {
  await using serving = await openServing();
  const port = await freePort();
  await deploy(serving.t.client, 'flights', { version: 'tiny/1' });
  const child = spawn(process.execPath, ['--cpu-prof', '--cpu-prof-dir=/tmp/prof', '-C', '@bucle/source', '/work/main/server/src/main.ts', 'gateway'], { stdio: 'ignore', env: { ...process.env, BUCLE_DATA: serving.gatewayData, BUCLE_URL: serving.t.baseUrl, BUCLE_GATEWAY_PORT: String(port), BUCLE_LOG_LEVEL: 'silent' } });
  await untilAnswering(`http://127.0.0.1:${port}`, 'flights');
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const body = JSON.stringify({ dataframe_records: [tinyRow] });
  const one = () => new Promise<void>((resolve, reject) => {
    const r = request({ agent, port, host: '127.0.0.1', path: '/endpoints/flights/invocations', method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (res) => { res.resume(); res.on('end', () => resolve()); });
    r.on('error', reject); r.end(body);
  });
  const lane = async (n: number) => { for (let i = 0; i < n; i++) await one(); };
  await Promise.all(Array.from({ length: 32 }, () => lane(250)));
  child.kill('SIGTERM'); await once(child, 'exit');
}, 120000);
