import { constants } from 'node:fs';
import { access, glob, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { makeDataFolder } from '../platform/config/data-folder.ts';
import { inheritedEnvironment } from '../platform/config/inherited-environment.ts';
import { run } from '../platform/processes/run.ts';
import { defineCommand, type Io } from './command.ts';
import { checkPython, PYTHON_NEXT } from './up/check-python.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
  readonly next?: string;
}

const GIBIBYTE = 2 ** 30;
const PROBE_MS = 2_000;

export const command = defineCommand({
  summary: 'Check what Bucle needs on this machine and what answers, and say how to mend it.',
  usage: '',
  options: {},
  async run(_input, io) {
    const findings = [nodeVersion(), await python(io), await uv(io), await dataFolder(io), ...(await parts(io))];
    const healthy = findings.every(({ ok }) => ok);
    if (io.json) io.printJson({ healthy, findings });
    else {
      io.printTable(
        ['check', 'state', 'found'],
        findings.map(({ what, ok, found }) => [what, ok ? 'ok' : 'PROBLEM', found]),
      );
      for (const { what, ok, next } of findings) if (!ok && next !== undefined) io.note(`${what}: ${next}`);
    }
    return healthy ? 0 : 1;
  },
});

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  return { what: 'Node.js', ok: major >= 24, found: process.versions.node, next: 'Install Node.js 24 or newer.' };
}

async function python({ config }: Io): Promise<Finding> {
  const { version, good } = await checkPython(config);
  const found = version ?? `${config.python} does not run, or has no venv module`;
  return { what: 'Python', ok: good, found, next: PYTHON_NEXT };
}

/** Nothing is amiss without it: it is installed from the package index when it is first needed. */
async function uv({ config }: Io): Promise<Finding> {
  const places = ['uv', join(dirname(config.python), 'uv')];
  for await (const own of glob(join(config.dataDir, 'environments', 'uv-*', 'bin', 'uv'))) places.push(own);
  for (const place of places) {
    const { code, stdout } = await run(place, ['--version'], {
      env: inheritedEnvironment(),
      timeoutMs: 10_000,
    }).catch(() => ({ code: 1, stdout: '' }));
    if (code === 0) return { what: 'uv', ok: true, found: stdout.trim().replace(/^uv /, '') };
  }
  return { what: 'uv', ok: true, found: 'none; it is installed into the data folder when it is first needed' };
}

async function dataFolder({ config }: Io): Promise<Finding> {
  const next = `Make ${config.dataDir} writable with at least 1 GiB free, or choose another folder by --data.`;
  try {
    await makeDataFolder(config);
    await access(config.dataDir, constants.W_OK);
    const { bavail, bsize } = await statfs(config.dataDir);
    const free = bavail * bsize;
    return {
      what: 'Data folder',
      ok: free >= GIBIBYTE,
      found: `${config.dataDir}, ${(free / GIBIBYTE).toFixed(1)} GiB free`,
      next,
    };
  } catch (error) {
    return { what: 'Data folder', ok: false, found: (error as Error).message, next };
  }
}

/** What answers; where nothing does, whether it could be started here. */
async function parts({ config, client }: Io): Promise<Finding[]> {
  const status = await client
    .request<{ gateway_url: string }>('GET', '/api/v1/status', { signal: AbortSignal.timeout(PROBE_MS) })
    .then(
      (answer) => ({ gatewayUrl: answer.gateway_url }),
      () => null,
    );
  const gatewayUrl = status?.gatewayUrl ?? config.gatewayUrl;
  const gateway = await fetch(`${gatewayUrl}/v2/health/live`, { signal: AbortSignal.timeout(PROBE_MS) }).then(
    (answer) => answer.ok,
    () => false,
  );
  const server: Finding = status
    ? { what: 'Server', ok: true, found: `answers at ${client.baseUrl}` }
    : await port('Server', config.host, config.port, '--port');
  if (gateway) return [server, { what: 'Gateway', ok: true, found: `answers at ${gatewayUrl}` }];
  if (status === null) return [server, await port('Gateway', config.host, config.gatewayPort, '--gateway-port')];
  const next = 'Start it with `bucle up`, or with `bucle gateway` on its own machine; its log is in logs/gateway.log.';
  return [server, { what: 'Gateway', ok: false, found: `does not answer at ${gatewayUrl}`, next }];
}

async function port(what: string, host: string, number: number, flag: string): Promise<Finding> {
  const free = await isFree(host, number);
  const found = free
    ? `does not run; its port ${number} is free`
    : `does not answer, and another program has ${number}`;
  return { what, ok: free, found, next: `Choose another port with \`bucle up ${flag} N\`.` };
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
