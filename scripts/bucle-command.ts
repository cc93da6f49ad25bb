import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Where this demo lives: its folder, its ports, and everything that a child process is told. */
export interface Place {
  readonly data: string;
  readonly serverUrl: string;
  readonly gatewayUrl: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `bucle …` from the sources, as the command of the installed package would run. */
export function startBucle(place: Place, args: readonly string[], cwd = root): ChildProcess {
  return spawn(process.execPath, ['-C', '@bucle/source', `${root}server/src/cli/main.ts`, ...args], {
    cwd,
    env: { ...process.env, ...place.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs `bucle …` to its end. `onLine` sees what it tells on stderr while it works. */
export async function bucle(
  place: Place,
  args: readonly string[],
  options: { cwd?: string; onLine?: (line: string) => void; allow?: readonly number[] } = {},
): Promise<Output> {
  const output = await collect(startBucle(place, args, options.cwd), options.onLine);
  if (output.code === 0 || options.allow?.includes(output.code)) return output;
  throw new Error(`bucle ${args.join(' ')} ended with ${output.code}:\n${output.stdout}${output.stderr}`);
}

/** The JSON document that `bucle … --json` prints. */
export async function bucleJson<T>(place: Place, args: readonly string[], cwd?: string): Promise<T> {
  const { stdout } = await bucle(place, [...args, '--json'], cwd === undefined ? {} : { cwd });
  return JSON.parse(stdout) as T;
}

/** Runs another program to its end. */
export async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const { code, stdout, stderr } = await collect(child);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stderr}`);
  return stdout;
}

function collect(child: ChildProcess, onLine?: (line: string) => void): Promise<Output> {
  const out = { stdout: '', stderr: '' };
  let line = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    out.stderr += text;
    line += text;
    const lines = line.split(/[\r\n]/);
    line = lines.pop() ?? '';
    for (const one of lines) if (one.trim() !== '') onLine?.(one);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, ...out }));
  });
}
