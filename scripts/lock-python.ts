import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// `npm run lock:python`: writes the Python lock files anew from their .in files, for every platform and every
// Python from 3.10 on. What is pinned stays where it is unless --upgrade (or --upgrade-package NAME) is said.
const root = fileURLToPath(new URL('../', import.meta.url));
const uv = `${root}.setup/python/bin/uv`;

for (const folder of ['python', 'examples/flights', 'examples/diabetes']) {
  const files = [`${folder}/requirements.in`, '-o', `${folder}/requirements.lock`];
  const flags = ['--universal', '--generate-hashes', '--no-emit-index-url', '--no-header', '--python-version', '3.10'];
  const { status } = spawnSync(uv, ['pip', 'compile', '--quiet', ...flags, ...files, ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
