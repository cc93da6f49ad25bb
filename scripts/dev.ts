import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// `npm run dev`: control server and gateway from their sources, restarted when a file changes; data in ./.bucle
// (or BUCLE_DATA). They are siblings here as under `bucle up`, so that each can be edited while the other runs.
const root = fileURLToPath(new URL('../', import.meta.url));
const parts = ['server', 'gateway'].map((role) => {
  const args = ['--watch', '--watch-preserve-output', '-C', '@bucle/source', 'server/src/main.ts', role];
  return spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
});
process.stderr.write(
  'Talk to it by `npm run -s bucle -- status` in another terminal. Ctrl-C ends server and gateway.\n',
);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const part of parts) part.kill(signal);
  });
}
