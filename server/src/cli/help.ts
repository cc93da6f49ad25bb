import type { Command, Option } from './command.ts';
import { commands } from './commands.ts';
import { globalOptions } from './global-options.ts';

/** The list of all commands. */
export async function generalHelp(): Promise<string> {
  const rows = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => [name, (await load()).command.summary] as const),
  );
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    'bucle: one server closes the machine-learning loop.',
    '',
    'Usage: bucle COMMAND [flags]          bucle COMMAND --help tells more',
    '',
    ...rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'First steps: bucle up    then    bucle status',
    '',
  ].join('\n');
}

/** Usage, summary and flags of one command. */
export function commandHelp(name: string, command: Command): string {
  const flags = Object.entries<Option>({ ...command.options, ...globalOptions }).map(([key, option]) => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `;
    const value = option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : '';
    return [`${short}--${key}${value}`, option.meaning] as const;
  });
  const width = Math.max(...flags.map(([flag]) => flag.length));
  return [
    `Usage: bucle ${name} ${command.usage}`.trimEnd(),
    '',
    command.summary,
    '',
    ...flags.map(([flag, meaning]) => `  ${flag.padEnd(width)}  ${meaning}`),
    '',
  ].join('\n');
}
