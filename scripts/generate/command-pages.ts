import type { Option } from '../../server/src/cli/command.ts';
import { commands } from '../../server/src/cli/commands.ts';
import { globalOptions } from '../../server/src/cli/global-options.ts';

/** docs/cli.md: every command with its flags. */
export async function writeCommands(): Promise<string> {
  const pages = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => {
      const { command } = await load();
      const flags = Object.entries<Option>(command.options);
      return [
        `## bucle ${name}`,
        '',
        command.summary,
        '',
        '```',
        `bucle ${name} ${command.usage}`.trimEnd(),
        '```',
        '',
        ...(flags.length === 0 ? [] : [...flags.map(flagLine), '']),
      ];
    }),
  );
  return [
    '# Commands',
    '',
    'The result goes to stdout, everything else to stderr; a table becomes TSV in a pipe. Generated: do not edit.',
    '',
    'Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 said no (gate, parity), 4 sign-in needed, 5 not found, 6 conflict, 8 still pending, 130 interrupted.',
    '',
    'Every command takes:',
    '',
    ...Object.entries<Option>(globalOptions).map(flagLine),
    '',
    ...pages.flat(),
  ].join('\n');
}

function flagLine([name, option]: [string, Option]): string {
  return `- \`--${name}${option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : ''}\`: ${option.meaning}`;
}
