import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm, run } from './package/npm.ts';

// `npm run package-test`: installs the tarball of `npm run pack` in an empty folder, as a user would, and uses it.
const root = fileURLToPath(new URL('../', import.meta.url));
const out = join(root, '.setup/package');
const tarball = (await readdir(out)).find((name) => name.endsWith('.tgz'));
if (tarball === undefined) throw new Error('There is no package: run `npm run build && npm run pack` first.');

const folder = await mkdtemp(join(tmpdir(), 'bucle-package-'));
const env = cleanEnvironment();
const [port, gatewayPort] = [await freePort(), await freePort()];
const where = ['--data', join(folder, 'data')];
try {
  await install();
  await refuseScripts();
  await expectCommand('the command answers its version', ['--version'], /^\d+\.\d+\.\d+/);
  await loadParts();
  await expectCommand(
    'server and gateway start',
    ['up', '--detach', ...where, '--port', String(port), '--gateway-port', String(gatewayPort)],
    /./,
  );
  const status = await expectCommand(
    'both answer',
    ['status', '--json', '--url', `http://127.0.0.1:${port}`],
    /"gateway_live": ?true/,
  );
  if (!/"database": ?"sqlite"/.test(status)) throw new Error(`The status names no SQLite: ${status}`);
} finally {
  await bucle(['down', ...where]).catch(() => {});
  await rm(folder, { recursive: true, force: true });
}

/** The pinned Node.js first, and nothing that npm or a developer has set. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(BUCLE_|ONNX|NODE_OPTIONS|NODE_PATH|npm_|INIT_CWD)/.test(name),
  );
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((one) => !one.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: [dirname(process.execPath), ...path].join(delimiter) };
}

async function install(): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{ "name": "empty", "private": true }\n');
  await npm(['install', '--no-audit', '--no-fund', '--loglevel=error', join(out, tarball as string)], folder, env);
  tell('installs in an empty folder');
}

/** What runs at installation could fetch from anywhere. */
async function refuseScripts(): Promise<void> {
  const { packages } = JSON.parse(await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const having = Object.entries(packages).flatMap(([name, { hasInstallScript }]) => (hasInstallScript ? [name] : []));
  if (having.length > 0) throw new Error(`These packages run a script at installation: ${having.join(', ')}`);
  tell(`no script runs at installation of ${Object.keys(packages).length} packages`);
}

/** ONNX in a worker thread, and the Python files, from inside the installed package. */
async function loadParts(): Promise<void> {
  const script = join(folder, 'parts.mjs');
  const dist = join(folder, 'node_modules/bucle/dist');
  const model = join(root, 'server/src/engines/fixtures/tiny-onnx');
  await writeFile(
    script,
    `import { readFileSync } from 'node:fs';
import { openOnnxEngine } from '${dist}/engines/onnx-engine.js';
import { pythonPath } from '${dist}/platform/environments/python-path.js';
const conversion = JSON.parse(readFileSync('${model}/conversion.json', 'utf8'));
const engine = await openOnnxEngine({ modelFile: '${model}/model.onnx', conversion, signature: null });
const input = { kind: 'table', columns: ['distance', 'hour', 'carrier'], rows: [[500, 9, 'AA']] };
const { outputs } = await engine.predict({ input }, { timeoutMs: 10000 });
await engine[Symbol.asyncDispose]();
if (outputs.flat().some((value) => !Number.isFinite(value))) throw new Error(JSON.stringify(outputs));
process.stdout.write(pythonPath());
`,
  );
  const { code, stdout, stderr } = await run(process.execPath, [script], { cwd: folder, env });
  if (code !== 0) throw new Error(`The installed package can't predict:\n${stderr}`);
  if (!stdout.startsWith(join(folder, 'node_modules/bucle')))
    throw new Error(`Its Python files are looked for in ${stdout}`);
  tell('predicts by ONNX in a thread, and finds its Python files');
}

async function expectCommand(title: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const { code, stdout, stderr } = await bucle(args);
  if (code !== 0 || !pattern.test(stdout + stderr)) {
    throw new Error(`npx bucle ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  }
  tell(title);
  return stdout;
}

function bucle(args: readonly string[]) {
  return run('npx', ['--no-install', 'bucle', ...args], { cwd: folder, env });
}

function tell(line: string): void {
  process.stdout.write(`  ✓ ${line}\n`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number };
      server.close(() => resolve(free));
    });
  });
}
