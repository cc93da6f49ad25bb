import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The platforms that Bucle runs on; binaries of others stay out. */
const PLATFORMS = ['linux/x64', 'linux/arm64', 'darwin/arm64'];
const BINARIES = 'bin/napi-v6';
/** Used only by its installation script, which downloads what a CPU doesn't need and is left out. */
const OF_THE_SCRIPT = ['adm-zip', 'global-agent'];

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly scripts?: unknown;
  readonly devDependencies?: unknown;
}

/** Both answer what they bundled, name → version. */
export async function bundleClient(root: string, staging: string): Promise<Record<string, string>> {
  const target = join(staging, 'node_modules/@bucle/client');
  const manifest = await readManifest(join(root, 'client'));
  await mkdir(target, { recursive: true });
  await cp(join(root, 'client/package.json'), join(target, 'package.json'));
  await cp(join(root, 'client/dist'), join(target, 'dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('.tsbuildinfo'),
  });
  return { '@bucle/client': manifest.version };
}

/** onnxruntime-node for CPUs, without the script that would run and download at installation, and what it needs. */
export async function bundleOnnx(root: string, staging: string): Promise<Record<string, string>> {
  const source = join(root, 'node_modules/onnxruntime-node');
  const target = join(staging, 'node_modules/onnxruntime-node');
  const { scripts: _scripts, devDependencies: _development, ...manifest } = await readManifest(source);
  const dependencies = Object.fromEntries(
    Object.entries(manifest.dependencies ?? {}).filter(([name]) => !OF_THE_SCRIPT.includes(name)),
  );
  await cp(source, target, { recursive: true, filter: (path) => isNeeded(relative(source, path)) });
  await writeFile(join(target, 'package.json'), `${JSON.stringify({ ...manifest, dependencies }, null, 2)}\n`);
  const bundled: Record<string, string> = { 'onnxruntime-node': manifest.version };
  for (const name of Object.keys(dependencies)) {
    const folder = join(root, 'node_modules', name);
    await cp(folder, join(staging, 'node_modules', name), { recursive: true });
    bundled[name] = (await readManifest(folder)).version;
  }
  return bundled;
}

function isNeeded(path: string): boolean {
  if (path === 'script' || path === 'lib' || path === 'node_modules') return false;
  if (!path.startsWith(`${BINARIES}/`)) return true;
  const [system = '', processor, file] = path.slice(BINARIES.length + 1).split('/');
  if (file !== undefined && /cuda|tensorrt|webgpu|dawn/i.test(file)) return false;
  const kept = PLATFORMS.filter((platform) => platform.startsWith(`${system}/`));
  return processor === undefined ? kept.length > 0 : kept.includes(`${system}/${processor}`);
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}
