import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { run } from '../platform/processes/run.ts';
import { defineCommand, type Io } from './command.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
  readonly next?: string;
}

const GIBIBYTE = 2 ** 30;

export const command = defineCommand({
  summary: 'Check what Bucle needs on this machine, and say how to mend it.',
  usage: '',
  options: {},
  async run(_input, io) {
    const findings = [nodeVersion(), await python(io), await dataFolder(io), ...(await ports(io))];
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
  const probe = 'import sys, venv; print(".".join(map(str, sys.version_info[:3])))';
  const { code, stdout } = await run(config.python, ['-c', probe]).catch(() => ({ code: 1, stdout: '' }));
  const version = stdout.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return {
    what: 'Python',
    ok: code === 0 && (major > 3 || (major === 3 && minor >= 10)),
    found: version === '' ? `${config.python} does not run, or has no venv module` : version,
    next: 'Install Python 3.10 or newer with its venv module, or name one by BUCLE_PYTHON. Jobs and models that are not ONNX need it.',
  };
}

async function dataFolder({ config }: Io): Promise<Finding> {
  const next = `Make ${config.dataDir} writable with at least 1 GiB free, or choose another folder by --data.`;
  try {
    await mkdir(config.dataDir, { recursive: true });
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

async function ports({ config, client }: Io): Promise<Finding[]> {
  const running = await client.request('GET', '/api/v1/status').then(
    () => true,
    () => false,
  );
  if (running) return [{ what: 'Server', ok: true, found: `answers at ${client.baseUrl}` }];
  return Promise.all(
    (
      [
        ['Port of the server', config.port],
        ['Port of the gateway', config.gatewayPort],
      ] as const
    ).map(async ([what, port]) => {
      const free = await isFree(config.host, port);
      return {
        what,
        ok: free,
        found: `${port} ${free ? 'is free' : 'is taken by another program'}`,
        next: 'Choose another with `bucle up --port N`.',
      };
    }),
  );
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
