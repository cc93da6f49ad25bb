import type { Command, Option } from './command.ts';
import { commands } from './commands.ts';
import { globalOptions } from './global-options.ts';

/** In the order in which a newcomer needs them. */
const groups: readonly { readonly title: string; readonly nouns: readonly string[] }[] = [
  { title: 'This machine', nouns: ['up', 'down', 'status', 'doctor', 'server', 'gateway', 'completion'] },
  { title: 'The project', nouns: ['validate', 'plan', 'apply', 'export'] },
  { title: 'Data and training', nouns: ['data', 'jobs', 'experiments', 'runs', 'artifacts', 'traces'] },
  { title: 'Models', nouns: ['models', 'evaluate', 'decisions', 'gates'] },
  { title: 'Serving', nouns: ['endpoints', 'rollouts', 'predictions', 'serving-at'] },
  { title: 'Monitoring', nouns: ['labels', 'quality', 'monitors', 'windows', 'alerts'] },
  { title: 'Retraining', nouns: ['policies', 'firings'] },
  { title: 'What happened', nouns: ['timeline', 'lineage'] },
  { title: 'Access', nouns: ['tokens', 'webhooks'] },
  { title: 'Moving in and keeping', nouns: ['import', 'backup', 'restore', 'migrate', 'gc'] },
];

/** The list of all commands, or of those of one noun. */
export async function generalHelp(noun?: string): Promise<string> {
  const rows = await Promise.all(
    Object.entries(commands)
      .filter(([name]) => noun === undefined || name.startsWith(`${noun} `))
      .map(async ([name, load]) => [name, (await load()).command.summary] as const),
  );
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    'bucle: one server closes the machine-learning loop.',
    '',
    'Usage: bucle COMMAND [flags]          bucle COMMAND --help tells more',
    '',
    ...groups.flatMap(({ title, nouns }) => {
      const lines = rows
        .filter(([name]) => nouns.includes(name.split(' ')[0] ?? name))
        .map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`);
      return lines.length === 0 ? [] : [title, ...lines, ''];
    }),
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
