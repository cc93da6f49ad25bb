import type { Option } from './command.ts';

/** Flags that every command takes. */
export const globalOptions = {
  json: { type: 'boolean', meaning: 'Print the result as JSON.' },
  url: { type: 'string', value: 'URL', meaning: 'Control server (BUCLE_URL).', setting: 'serverUrl' },
  data: { type: 'string', value: 'DIR', meaning: 'Data folder (BUCLE_DATA).', setting: 'data' },
  help: { type: 'boolean', short: 'h', meaning: 'Show this help.' },
  debug: { type: 'boolean', meaning: 'Show stack traces of failures.' },
} as const satisfies Record<string, Option>;
