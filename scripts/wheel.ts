import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arch, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { npm, run } from './package/npm.ts';

// `npm run wheel`: the package for pip, from the tarball of `npm run pack`: .setup/wheel/bucle-VERSION-….whl. It holds
// the server with everything that npm would install beside it, for the platform that this runs on.
const root = fileURLToPath(new URL('../', import.meta.url));
const packages = join(root, '.setup', 'package');
const out = join(root, '.setup', 'wheel');
const staging = join(out, 'source');
const python = join(root, '.setup', 'python', 'bin', 'python');

const tarball = (await readdir(packages).catch(() => [])).find((name) => name.endsWith('.tgz'));
if (tarball === undefined) throw new Error('There is no package: run `npm run build && npm run pack` first.');
await rm(out, { recursive: true, force: true });
await layPython();
await layServer(join(packages, tarball));
const { code, stdout, stderr } = await run(
  python,
  ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', out, staging],
  { cwd: out },
);
if (code !== 0) throw new Error(`pip wheel ended with ${code}:\n${stderr}${stdout}`);
await rm(staging, { recursive: true, force: true });
for (const name of await readdir(out)) process.stdout.write(`${join(out, name)}\n`);

async function layPython(): Promise<void> {
  const isSource = (path: string) => !path.endsWith('__pycache__') && !path.endsWith('.egg-info');
  await cp(join(root, 'python/bucle'), join(staging, 'bucle'), { recursive: true, filter: isSource });
  for (const file of ['pyproject.toml', 'README.md', 'wheel/setup.py']) {
    await cp(join(root, 'python', file), join(staging, file.replace('wheel/', '')));
  }
  await cp(join(root, 'LICENSE'), join(staging, 'LICENSE'));
  const { version } = JSON.parse(await readFile(join(root, 'server/package.json'), 'utf8')) as { version: string };
  const project = join(staging, 'pyproject.toml');
  await writeFile(project, (await readFile(project, 'utf8')).replace('version = "0.0.0"', `version = "${version}"`));
}

async function layServer(archive: string): Promise<void> {
  const folder = join(staging, 'bucle', '_server');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "name": "bucle-wheel", "private": true }\n');
  await npm(['install', '--no-audit', '--no-fund', '--no-save', '--loglevel=error', archive], folder);
  const modules = join(folder, 'node_modules');
  await rm(join(modules, '.bin'), { recursive: true, force: true });
  await rm(join(modules, '.package-lock.json'), { force: true });
  await keepOwnOnnx(join(modules, 'bucle/node_modules/onnxruntime-node/bin/napi-v6'));
}

/** The npm package serves all platforms; a wheel is of one. */
async function keepOwnOnnx(binaries: string): Promise<void> {
  for (const system of await readdir(binaries)) {
    for (const processor of await readdir(join(binaries, system))) {
      if (system !== platform || processor !== arch) await rm(join(binaries, system, processor), { recursive: true });
    }
  }
}
