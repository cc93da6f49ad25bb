import type { Option } from '../command.ts';

/** Flags that decide how server and gateway run; they become settings in the environment of the roles. */
export const roleOptions = {
  port: { type: 'string', value: 'N', meaning: 'Port of the control server (7070).' },
  'gateway-port': { type: 'string', value: 'N', meaning: 'Port of the gateway (7071).' },
  host: { type: 'string', value: 'ADDRESS', meaning: 'Address that both listen on (127.0.0.1).' },
  insecure: { type: 'boolean', meaning: 'Answer without tokens even off loopback.' },
  'allowed-hosts': {
    type: 'string',
    value: 'NAMES',
    meaning: 'Further Host names that are accepted, separated by commas.',
  },
} as const satisfies Record<string, Option>;

export const ROLE_USAGE =
  '[--data DIR] [--port N] [--gateway-port N] [--host ADDRESS] [--insecure] [--allowed-hosts NAMES]';
