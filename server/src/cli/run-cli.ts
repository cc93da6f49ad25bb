import { parseArgs } from 'node:util';
import { ApiError } from '@bucle/client';
import { parseConfig } from '../platform/config/config.ts';
import { readSettings } from '../platform/config/settings.ts';
import { BucleError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { type Command, exitCodes, type Io, type Option, UsageError } from './command.ts';
import { aliases, commands } from './commands.ts';
import { globalOptions } from './global-options.ts';
import { commandHelp, generalHelp } from './help.ts';
import { createIo, type IoStreams } from './io.ts';
import { joinDashes, optionSettings, withEnvFile } from './option-settings.ts';

export interface CliSurroundings extends IoStreams {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

const helpWords: readonly string[] = ['--help', '-h', 'help'];

/** Runs one command line and resolves to its exit code; never throws. */
export async function runCli(argv: readonly string[], surroundings: CliSurroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  if (argv[0] === '--env-file' && argv.length > 2) {
    return runCli([...argv.slice(2), ...argv.slice(0, 2)], surroundings);
  }
  const [first = 'help', second = ''] = argv;
  if (first === 'help' && argv.length > 1) return runCli([...argv.slice(1), '--help'], surroundings);
  if (helpWords.includes(first) || (helpWords.includes(second) && hasVerbs(first))) {
    stdout.write(await generalHelp(hasVerbs(first) ? first : undefined));
    return exitCodes.ok;
  }
  if (argv[0] === '--version' || argv[0] === 'version') {
    stdout.write(`${surroundings.version}\n`);
    return exitCodes.ok;
  }
  const debug = argv.includes('--debug');
  try {
    const { name, words } = findCommand(argv);
    const load = commands[name];
    if (!load) throw new UsageError(`There is no command ${name}.`);
    const { command } = await load();
    return await runCommand(name, command, words, surroundings);
  } catch (error) {
    return report(error, { stderr, debug, signal: surroundings.signal });
  }
}

async function runCommand(
  name: string,
  command: Command,
  words: readonly string[],
  around: CliSurroundings,
): Promise<number> {
  const { values, args, rest } = parseWords(name, command, words);
  if (values['help'] === true) {
    around.stdout.write(commandHelp(name, command));
    return exitCodes.ok;
  }
  refuseExtraWords(name, command, [...args, ...rest]);
  const env = withEnvFile(around.env, values['env-file']);
  const options: Readonly<Record<string, Option>> = { ...globalOptions, ...command.options };
  const config = parseConfig(readSettings(env, optionSettings(options, values, env)));
  const io: Io = createIo(around, {
    config,
    json: values['json'] === true,
    cwd: around.cwd,
    env,
    signal: around.signal,
  });
  return (await command.run({ values, args, rest }, io)) ?? exitCodes.ok;
}

function hasVerbs(noun: string): boolean {
  return Object.keys(commands).some((name) => name.startsWith(`${noun} `));
}

/** A command that names no word in its usage takes none: `bucle down prod` must not stop something else. */
function refuseExtraWords(name: string, { usage }: Command, words: readonly string[]): void {
  const [first] = words;
  const takesWords = /^\w/.test(usage) || usage.includes(' -- ');
  if (first === undefined || takesWords) return;
  throw new UsageError(`${name} takes flags only, not "${first}".\nUsage: bucle ${name} ${usage}`.trimEnd());
}

function parsedOptions(command: Command) {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }> = {};
  for (const [key, { type, short, multiple }] of Object.entries<Option>({ ...globalOptions, ...command.options })) {
    options[key] = {
      type,
      ...(short === undefined ? {} : { short }),
      ...(multiple === undefined ? {} : { multiple }),
    };
  }
  return options;
}

function parseWords(name: string, command: Command, words: readonly string[]) {
  const options = parsedOptions(command);
  const end = words.indexOf('--');
  const before = joinDashes(end < 0 ? words : words.slice(0, end), command.options);
  const own = command.rewrite?.(before) ?? before;
  const rest = end < 0 ? [] : words.slice(end + 1);
  try {
    const { values, positionals } = parseArgs({ args: [...own], options, allowPositionals: true, strict: true });
    return {
      values: values as Record<string, string | boolean | string[]> as never as Record<string, never>,
      args: positionals,
      rest,
    };
  } catch (error) {
    const message = (error as Error).message.split('. ')[0] ?? 'Unknown flag';
    const flag = /'-{1,2}([\w-]+)/.exec(message)?.[1];
    const guess = flag === undefined ? undefined : nearest(flag, Object.keys(options));
    throw new UsageError(
      `${message}.${guess === undefined ? '' : ` Did you mean --${guess}?`}\nUsage: bucle ${name} ${command.usage}`,
    );
  }
}

/** Two words before one: `runs ls` is looked for first, then `status`. */
function findCommand(argv: readonly string[]): { name: string; words: readonly string[] } {
  const [first = '', second = ''] = argv;
  const verb = commands[`${first} ${second}`] ? second : (aliases[second] ?? second);
  if (commands[`${first} ${verb}`]) return { name: `${first} ${verb}`, words: argv.slice(2) };
  if (commands[first]) return { name: first, words: argv.slice(1) };
  const names = Object.keys(commands);
  const verbs = names.filter((name) => name.startsWith(`${first} `)).map((name) => name.slice(first.length + 1));
  if (verbs.length > 0) {
    if (second === '' || second.startsWith('-')) throw new UsageError(`${first} needs a verb: ${verbs.join(', ')}.`);
    const guess = nearest(second, verbs);
    throw new UsageError(
      `Unknown verb "${second}" for ${first}.${guess === undefined ? ` There are: ${verbs.join(', ')}.` : ` Did you mean: bucle ${first} ${guess}`}`,
    );
  }
  const guess = nearest(first, [...new Set(names.map((name) => name.split(' ')[0] ?? name))]);
  throw new UsageError(
    `Unknown command "${first}".${guess === undefined ? '' : ` Did you mean: bucle ${guess}`}\nAll commands: bucle --help`,
  );
}

function report(
  error: unknown,
  { stderr, debug, signal }: { stderr: IoStreams['stderr']; debug: boolean; signal: AbortSignal },
): number {
  if (signal.aborted) return exitCodes.interrupted;
  if (error instanceof UsageError) {
    stderr.write(`error: ${error.message}\n`);
    return exitCodes.usage;
  }
  const { next } = error as { next?: string };
  stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  if (next !== undefined) stderr.write(`  next: ${next}\n`);
  if (error instanceof ApiError && error.status >= 500) stderr.write(`  request: ${error.request ?? 'unknown'}\n`);
  if (debug && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof BucleError && error.code.startsWith('CONFIG_')) return exitCodes.usage;
  const status = error instanceof ApiError || error instanceof BucleError ? error.status : 500;
  if (status === 401 || status === 403) return exitCodes.signIn;
  if (status === 404) return exitCodes.notFound;
  if (status === 409) return exitCodes.conflict;
  return exitCodes.failed;
}
