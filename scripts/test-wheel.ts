import { mkdtemp, readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './package/npm.ts';

// `npm run wheel-test`: installs the wheel of `npm run wheel` in an empty virtual environment, as a user of Python
// would, and uses it where no Node.js is on the PATH.
const root = fileURLToPath(new URL('../', import.meta.url));
const out = join(root, '.setup/wheel');
const wheel = (await readdir(out).catch(() => [])).find((name) => name.endsWith('.whl'));
if (wheel === undefined) throw new Error('There is no wheel: run `npm run wheel` first.');

const folder = await mkdtemp(join(tmpdir(), 'bucle-wheel-'));
const bin = join(folder, 'venv', 'bin');
const data = join(folder, 'data');
const env = { PATH: bin, HOME: folder, LANG: 'C.UTF-8' };
const [port, gatewayPort] = [await freePort(), await freePort()];
const url = `http://127.0.0.1:${port}`;
try {
  await expect('a virtual environment', 'python3', ['-m', 'venv', join(folder, 'venv')], process.env);
  await expect('pip installs the wheel', join(bin, 'pip'), ['install', '--quiet', join(out, wheel)], process.env);
  const version = await bucle('the command answers its version', ['--version']);
  if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`It answered ${version}`);
  const ports = ['--port', String(port), '--gateway-port', String(gatewayPort)];
  await bucle('server and gateway start', ['up', '--detach', '--data', data, ...ports]);
  const status = await bucle('both answer', ['status', '--json', '--url', url]);
  if (!/"gateway_live": ?true/.test(status)) throw new Error(`The gateway is not live: ${status}`);
  await checkNode();
  const script = `from bucle.client import Client; print(Client("${url}").datasets())`;
  await expect('the Python client reaches it', join(bin, 'python'), ['-c', script], env);
} finally {
  await run(join(bin, 'bucle'), ['down', '--data', data], { cwd: folder, env }).catch(() => {});
  await rm(folder, { recursive: true, force: true });
}

/** Linux tells which program a process runs. */
async function checkNode(): Promise<void> {
  if (process.platform !== 'linux') return;
  const { pid } = JSON.parse(await readFile(join(data, 'processes', 'server.json'), 'utf8')) as { pid: number };
  const program = await readlink(`/proc/${pid}/exe`);
  if (!program.startsWith(await realpath(folder))) throw new Error(`The server runs on ${program}.`);
  tell('the server runs on the Node.js that pip installed');
}

function bucle(title: string, args: readonly string[]): Promise<string> {
  return expect(title, join(bin, 'bucle'), args, env);
}

async function expect(title: string, program: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
  const { code, stdout, stderr } = await run(program, args, { cwd: folder, env: environment });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  tell(title);
  return stdout;
}

function tell(line: string): void {
  process.stdout.write(`  ✓ ${line}\n`);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number };
      server.close(() => resolve(free));
    });
  });
}
