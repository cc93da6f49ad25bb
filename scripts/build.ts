import { spawnSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

// `npm run build`: client/dist and server/dist as JavaScript with declarations. Always anew, so that nothing of a
// deleted source ships.
const root = fileURLToPath(new URL('../', import.meta.url));
for (const workspace of ['client', 'server']) await rm(`${root}${workspace}/dist`, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, '-b', 'server/tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);
await chmod(`${root}server/dist/cli/main.js`, 0o755);
