import { readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bucle, type Place, startBucle } from './bucle-command.ts';
import { until } from './until.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The Python that set-up made; it has what prepares the data of examples. */
export const python = join(root, '.setup', 'python', 'bin', 'python');

/** A fresh Bucle in `.bucle/NAME`, on ports of its own when the usual ones are taken; disposing stops it. */
export async function startFresh(name: string, env: Place['env'] = {}): Promise<Place & AsyncDisposable> {
  const data = join(root, '.bucle', name);
  const [port, gatewayPort] = [await freePort(7070), await freePort(7071)];
  const place: Place = {
    data,
    serverUrl: `http://127.0.0.1:${port}`,
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    env: {
      BUCLE_DATA: data,
      BUCLE_PORT: String(port),
      BUCLE_GATEWAY_PORT: String(gatewayPort),
      // uv lies beside that Python; a Python of the user's comes first.
      PATH: `${process.env['PATH']}${delimiter}${join(python, '..')}`,
      ...env,
    },
  };
  await clear(place);
  const up = startBucle(place, ['up']);
  let told = '';
  for (const stream of [up.stdout, up.stderr]) {
    stream?.on('data', (text: Buffer) => {
      told += text.toString();
    });
  }
  const ended = new Promise<void>((resolve) => up.once('close', () => resolve()));
  await until('server and gateway answer', 60_000, async () => {
    if (up.exitCode !== null) throw new Error(`bucle up ended with ${up.exitCode}:\n${told}`);
    return (await isUp(`${place.serverUrl}/api/v1/status`)) && (await isUp(`${place.gatewayUrl}/v2/health/live`));
  });
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

// What an earlier one left: its processes, and everything but the Python environments, which take a while to build.
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
