import { spawn } from 'node:child_process';

/** Something that only a person can mend, with how. */
export class SetupError extends Error {
  constructor(message, next) {
    super(message);
    this.next = next;
  }
}

export function tell(line) {
  process.stderr.write(`${line}\n`);
}

/** Shows on a terminal, or every 20 s elsewhere, that a step of the set-up still runs. */
export async function step(title, work) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  const live = process.stderr.isTTY === true;
  if (!live) tell(`set-up: ${title} …`);
  const show = () =>
    live ? process.stderr.write(`\r\u001b[Kset-up: ${title} … ${seconds()} s`) : tell(`set-up: … ${seconds()} s`);
  if (live) show();
  const timer = setInterval(show, live ? 1_000 : 20_000);
  const finish = (word) => {
    clearInterval(timer);
    tell(`${live ? '\r\u001b[K' : ''}set-up: ${title}: ${word} after ${seconds()} s`);
  };
  try {
    await work();
    finish('done');
  } catch (error) {
    finish('failed');
    throw error;
  }
}

/** Runs a program quietly. Resolves to its exit code (-1: it could not be started) and all that it said. */
export function run(program, args, { cwd, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const take = (chunk) => {
      said = (said + chunk).slice(-64 * 1024);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error) => resolve({ code: -1, said: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, said }));
  });
}

/** Runs a program that must succeed. @throws SetupError with the end of what it said */
export async function must(program, args, { next, ...options }) {
  const { code, said } = await run(program, args, options);
  if (code === 0) return;
  const tail = said.trimEnd().split('\n').slice(-25).join('\n');
  throw new SetupError(`\`${program} ${args.join(' ')}\` failed:\n${tail}`, next);
}
