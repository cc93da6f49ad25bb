import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { bundleClient, bundleOnnx } from './package/bundle.ts';
import { npm } from './package/npm.ts';

// `npm run pack`: the package as users install it, from what `npm run build` made: .setup/package/bucle-VERSION.tgz.
// It is put together in a folder of its own, because the package has what the workspace must not have beside its
// sources: a copy of the Python files, and bundled packages that were made smaller.
const root = fileURLToPath(new URL('../', import.meta.url));
const out = join(root, '.setup', 'package');
const staging = join(out, 'bucle');

const { devDependencies: _, ...manifest } = JSON.parse(await readFile(join(root, 'server/package.json'), 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
await rm(out, { recursive: true, force: true });
await mkdir(staging, { recursive: true });
await cp(join(root, 'server/dist'), join(staging, 'dist'), { recursive: true });
await copyPython();
for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) await cp(join(root, file), join(staging, file));

const bundled = { ...(await bundleClient(root, staging)), ...(await bundleOnnx(root, staging)) };
await writeFile(
  join(staging, 'package.json'),
  `${JSON.stringify(
    {
      ...manifest,
      dependencies: { ...manifest.dependencies, ...bundled },
      bundleDependencies: Object.keys(bundled),
    },
    null,
    2,
  )}\n`,
);
await checkManifest();
await npm(['pack', '--pack-destination', out, '--loglevel=error'], staging);
process.stdout.write(`${join(out, `bucle-${manifest.version}.tgz`)}\n`);

async function copyPython(): Promise<void> {
  await mkdir(join(staging, 'python/bucle'), { recursive: true });
  const names = (await readdir(join(root, 'python/bucle'))).filter((name) => name.endsWith('.py'));
  for (const name of names) await cp(join(root, 'python/bucle', name), join(staging, 'python/bucle', name));
  await cp(join(root, 'python/convert-requirements.txt'), join(staging, 'python/convert-requirements.txt'));
}

async function checkManifest(): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: staging, level: 'warning', strict: true, pack: false });
  if (pkg === undefined || messages.length === 0) return;
  for (const message of messages) process.stderr.write(`publint: ${formatMessage(message, pkg) ?? message.code}\n`);
  process.exit(1);
}
