#!/usr/bin/env node
import { version } from '../version.ts';
import { runCli } from './run-cli.ts';

// `bucle … | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  version,
  signal: interrupt.signal,
  stdout: {
    isTTY: process.stdout.isTTY === true,
    // A terminal that does not know its width says 0.
    columns: process.stdout.columns || 120,
    write: (text) => void process.stdout.write(text),
  },
  stderr: { isTTY: process.stderr.isTTY === true, write: (text) => void process.stderr.write(text) },
});
