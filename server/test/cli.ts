import { runCli } from '../src/cli/run-cli.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly signal?: AbortSignal;
  /** Sees what goes to stderr while the command works. */
  readonly onStderr?: (text: string) => void;
}

/** Runs a command line in this process against a real server, with recording streams. */
export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const record = (into: string[]) => (text: string | Uint8Array) => {
    into.push(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'));
  };
  const isTTY = options.isTTY ?? false;
  const code = await runCli(argv, {
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    version: '0.0.0-test',
    signal: options.signal ?? new AbortController().signal,
    stdout: { isTTY, columns: options.columns ?? 100, write: record(out) },
    stderr: {
      isTTY,
      write(text) {
        err.push(text);
        options.onStderr?.(text);
      },
    },
  });
  return { code, stdout: out.join(''), stderr: err.join('') };
}
