import type { Client } from '@bucle/client';
import type { Config } from '../platform/config/config.ts';
import type { SettingName } from '../platform/config/settings.ts';

/** One flag of a command. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** How the value is called in the help text. */
  readonly value?: string;
  readonly meaning: string;
  /** The setting that it gives for this command. */
  readonly setting?: SettingName;
  /** What a boolean flag says about the setting; by default `true`. */
  readonly says?: string;
  /** A variable of `mlflow server` that says the same; the setting's own variable wins over it. */
  readonly mlflow?: string;
  /** True where a value may begin with a dash: `--gunicorn-opts "--timeout 60"`. */
  readonly dashes?: boolean;
}

type ValueOf<O extends Option> = O['type'] extends 'boolean' ? boolean : O['multiple'] extends true ? string[] : string;

export type Values<Options extends Record<string, Option>> = {
  readonly [Name in keyof Options]?: ValueOf<Options[Name]>;
};

/** How a command talks: the result to stdout, everything else to stderr. */
export interface Io {
  /** Connects to the control server named by --url, BUCLE_URL or the defaults. */
  readonly client: Client;
  readonly config: Config;
  /** True when --json was said: print the result as JSON only. */
  readonly json: boolean;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { readonly isTTY: boolean; readonly columns: number; write(text: string | Uint8Array): void };
  readonly stderr: { readonly isTTY: boolean; write(text: string): void };
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** A line of result. */
  print(line: string): void;
  /** A line for the person: progress, hints. */
  note(line: string): void;
  /** The whole result as JSON (stdout, one document). */
  printJson(value: unknown): void;
  /** Rows as a table on a terminal, where the columns of `whole` are never cut; as TSV in a pipe. */
  printTable(
    columns: readonly string[],
    rows: readonly (readonly (string | number | null)[])[],
    whole?: readonly string[],
  ): void;
}

export interface CommandInput<Options extends Record<string, Option>> {
  readonly values: Values<Options>;
  /** Words that are not flags. */
  readonly args: readonly string[];
  /** Words after `--`. */
  readonly rest: readonly string[];
}

export interface Command<Options extends Record<string, Option> = Record<string, Option>> {
  readonly summary: string;
  /** What follows the command's name: `NAME PATH [--message TEXT]`. */
  readonly usage: string;
  readonly options: Options;
  /** Rewrites words that mean something else here than elsewhere, before they are read. */
  rewrite?(words: readonly string[]): readonly string[];
  /** Resolves to the exit code; nothing means 0. */
  run(input: CommandInput<Options>, io: Io): Promise<number | undefined>;
}

/** Declares a command; the types of its values follow from its options. */
export function defineCommand<const Options extends Record<string, Option>>(command: Command<Options>): Command {
  return command as unknown as Command;
}

/** The exit codes of every command: they are API. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** Of `plan --exit-code`: there is something to change. */
  changes: 2,
  saidNo: 3,
  signIn: 4,
  notFound: 5,
  conflict: 6,
  pending: 8,
  interrupted: 130,
} as const;

/** The words of a command were wrong; exits with 2 and shows the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
