import { createClient } from '@bucle/client';
import type { Config } from '../platform/config/config.ts';
import type { Io } from './command.ts';
import { formatTable, formatTsv } from './table.ts';

export interface IoStreams {
  readonly stdout: Io['stdout'];
  readonly stderr: Io['stderr'];
}

/** The real terminal around a command; tests hand in recording streams. */
export function createIo(
  { stdout, stderr }: IoStreams,
  given: Pick<Io, 'config' | 'json' | 'cwd' | 'env' | 'signal'>,
): Io {
  const { config } = given as { config: Config };
  return {
    ...given,
    stdout,
    stderr,
    client: createClient({ baseUrl: config.serverUrl, token: config.token }),
    print: (line) => stdout.write(`${line}\n`),
    note: (line) => stderr.write(`${line}\n`),
    printJson: (value) => stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    printTable: (columns, rows, whole) =>
      stdout.write(stdout.isTTY ? formatTable(columns, rows, stdout.columns, whole) : formatTsv(columns, rows)),
  };
}
