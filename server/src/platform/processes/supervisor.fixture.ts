import { supervise } from './supervise.ts';

// Supervises what it is told and prints what happens, until it is killed.
const [, , stateFile = '', script = '', folder = ''] = process.argv;
await supervise(
  {
    name: 'part',
    stateFile,
    command: process.execPath,
    args: ['-e', script],
    cwd: folder,
    env: process.env,
    logFile: `${folder}/part.log`,
  },
  {
    restartDelayMs: 20,
    onEvent: ({ what, pid }) => process.stdout.write(`${what} ${pid}\n`),
    signal: new AbortController().signal,
  },
);
