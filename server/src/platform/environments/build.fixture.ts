import { ensureEnvironment } from './ensure-environment.ts';

// Builds an environment in a process of its own, so that a test can kill it in the middle.
const [, , root = '', file = ''] = process.argv;
const { id } = await ensureEnvironment({
  root,
  python: 'python3',
  lock: { kind: 'requirements', file },
  onLine: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`built ${id}\n`);
