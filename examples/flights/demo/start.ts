import { readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bucle, type Place, startBucle } from '../../../scripts/bucle-command.ts';
import { until } from '../../../scripts/until.ts';
import type { Story } from './story.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The Python that set-up made; it has what prepares the data. */
export const python = join(root, '.setup', 'python', 'bin', 'python');
/** How long a killed server stays down: long enough for everybody to notice. */
const RESTART_DELAY_MS = 3_200;

/** A fresh Bucle in a folder of the demo's own; disposing stops it. */
export async function startDemo(story: Story): Promise<Place & AsyncDisposable> {
  story.step('Start Bucle: one command, nothing else installed');
  const data = join(root, '.bucle', 'demo');
  const [port, gatewayPort] = [await freePort(7070), await freePort(7071)];
  const place: Place = {
    data,
    serverUrl: `http://127.0.0.1:${port}`,
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    env: {
      BUCLE_DATA: data,
      BUCLE_PORT: String(port),
      BUCLE_GATEWAY_PORT: String(gatewayPort),
      BUCLE_RESTART_DELAY_MS: String(RESTART_DELAY_MS),
      // uv lies beside that Python; a Python of the user's comes first.
      PATH: `${process.env['PATH']}${delimiter}${join(python, '..')}`,
    },
  };
  await clear(place);
  const started = Date.now();
  const up = startBucle(place, ['up']);
  let told = '';
  up.stdout?.on('data', (text: Buffer) => {
    told += text.toString();
  });
  up.stderr?.on('data', (text: Buffer) => {
    told += text.toString();
  });
  const ended = new Promise<void>((resolve) => up.once('close', () => resolve()));
  await until('server and gateway answer', 60_000, async () => {
    if (up.exitCode !== null) throw new Error(`bucle up ended with ${up.exitCode}:\n${told}`);
    return (await isUp(`${place.serverUrl}/api/v1/status`)) && (await isUp(`${place.gatewayUrl}/v2/health/live`));
  });
  story.fact(`$ bucle up`);
  story.fact(
    `server ${place.serverUrl}, gateway ${place.gatewayUrl}, after ${Date.now() - started} ms; data in ${data}`,
  );
  return {
    ...place,
    async [Symbol.asyncDispose]() {
      up.kill('SIGTERM');
      await ended;
    },
  };
}

/** True when the address answers with 200. */
export async function isUp(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );
}

// What an earlier demo left: its processes, and everything but the Python environments, which take a while to build.
async function clear(place: Place): Promise<void> {
  const names = await readdir(place.data).catch(() => []);
  if (names.length === 0) return;
  await bucle(place, ['down'], { allow: [1, 5] });
  for (const name of names) {
    if (name !== 'environments') await rm(join(place.data, name), { recursive: true, force: true });
  }
}

async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}
