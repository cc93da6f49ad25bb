import type { Option } from '../command.ts';

/** Flags that decide how server and gateway run; they become settings in the environment of the roles. */
export const roleOptions = {
  port: {
    type: 'string',
    short: 'p',
    value: 'N',
    meaning: 'Port of the control server (7070).',
    setting: 'port',
    mlflow: 'MLFLOW_PORT',
  },
  'gateway-port': { type: 'string', value: 'N', meaning: 'Port of the gateway (7071).', setting: 'gatewayPort' },
  host: {
    type: 'string',
    value: 'ADDRESS',
    meaning: 'Address that both listen on (127.0.0.1).',
    setting: 'host',
    mlflow: 'MLFLOW_HOST',
  },
  insecure: { type: 'boolean', meaning: 'Answer without tokens even off loopback.', setting: 'insecure' },
  'allowed-hosts': {
    type: 'string',
    value: 'NAMES',
    meaning: 'Host headers that are accepted, separated by commas; * stands for any part.',
    setting: 'allowedHosts',
    mlflow: 'MLFLOW_SERVER_ALLOWED_HOSTS',
  },
} as const satisfies Record<string, Option>;

export const ROLE_USAGE =
  '[--data DIR] [--port N] [--gateway-port N] [--host ADDRESS] [--insecure] [--allowed-hosts NAMES]';
