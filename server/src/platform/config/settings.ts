/** Every setting, once: the parser, `--help` and docs/config.md read this list. */
export interface Setting {
  readonly env: string;
  readonly fallback: string | null;
  readonly meaning: string;
}

export const settings = {
  data: {
    env: 'BUCLE_DATA',
    fallback: '.bucle',
    meaning: 'Folder for everything that is kept: database, blobs, jobs, environments.',
  },
  host: { env: 'BUCLE_HOST', fallback: '127.0.0.1', meaning: 'Address that server and gateway listen on.' },
  port: { env: 'BUCLE_PORT', fallback: '7070', meaning: 'Port of the control server.' },
  gatewayPort: { env: 'BUCLE_GATEWAY_PORT', fallback: '7071', meaning: 'Port of the gateway.' },
  serverUrl: {
    env: 'BUCLE_URL',
    fallback: null,
    meaning: 'Where the control server answers, for CLI and gateway; by default the host and port above.',
  },
  gatewayUrl: {
    env: 'BUCLE_GATEWAY_URL',
    fallback: null,
    meaning: 'Where callers reach the gateway; by default its host and port.',
  },
  token: { env: 'BUCLE_TOKEN', fallback: null, meaning: 'Bearer token of CLI and gateway.' },
  databaseUrl: {
    env: 'BUCLE_DATABASE_URL',
    fallback: null,
    meaning: 'postgres://… connection string; absent: SQLite in the data folder.',
  },
  s3Bucket: { env: 'BUCLE_S3_BUCKET', fallback: null, meaning: 'Bucket for blobs; absent: disk in the data folder.' },
  s3Endpoint: { env: 'BUCLE_S3_ENDPOINT', fallback: null, meaning: 'URL of an S3-compatible server; absent: AWS.' },
  s3Region: { env: 'BUCLE_S3_REGION', fallback: null, meaning: 'Region of the bucket.' },
  s3AccessKeyId: { env: 'BUCLE_S3_ACCESS_KEY_ID', fallback: null, meaning: 'Access key of the bucket.' },
  s3SecretAccessKey: { env: 'BUCLE_S3_SECRET_ACCESS_KEY', fallback: null, meaning: 'Secret of the access key.' },
  s3Prefix: { env: 'BUCLE_S3_PREFIX', fallback: '', meaning: 'Prefix of all keys in the bucket.' },
  captureDays: {
    env: 'BUCLE_CAPTURE_DAYS',
    fallback: '400',
    meaning: 'How many days the server keeps captured predictions after they arrived: a year, and time for the labels.',
  },
  captureBudget: {
    env: 'BUCLE_CAPTURE_BUDGET',
    fallback: '20GB',
    meaning: 'Room that captured predictions may take on the server; beyond it the oldest go first. MB, GB or TB.',
  },
  captureLogBudget: {
    env: 'BUCLE_CAPTURE_LOG_BUDGET',
    fallback: '4GB',
    meaning:
      'Room for predictions that wait on the gateway for the server; beyond it the oldest are lost, and counted.',
  },
  allowedHosts: {
    env: 'BUCLE_ALLOWED_HOSTS',
    fallback: '',
    meaning: 'Further Host header names that are accepted, separated by commas.',
  },
  webhookAllow: {
    env: 'BUCLE_WEBHOOK_ALLOW',
    fallback: '',
    meaning:
      'Hosts and networks that webhooks may reach although they are not public or without TLS, separated by commas: ' +
      'hooks.internal, 10.1.0.0/16.',
  },
  insecure: { env: 'BUCLE_INSECURE', fallback: 'false', meaning: 'true: answer without tokens even off loopback.' },
  python: {
    env: 'BUCLE_PYTHON',
    fallback: null,
    meaning: 'Python ≥ 3.10 that environments are made from; absent: python3 of the PATH.',
  },
  logLevel: { env: 'BUCLE_LOG_LEVEL', fallback: 'info', meaning: 'silent, error, warn, info, debug or trace.' },
  restartDelay: {
    env: 'BUCLE_RESTART_DELAY_MS',
    fallback: '250',
    meaning: 'How long `bucle up` waits before it restarts a process that died.',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export type RawSettings = { readonly [Name in SettingName]: string | null };

/** Step one: read strings, judge nothing. Empty means absent. */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  overrides: Partial<Record<SettingName, string | undefined>> = {},
): RawSettings {
  const raw: Record<string, string | null> = {};
  for (const [name, { env: variable, fallback }] of Object.entries(settings)) {
    raw[name] = overrides[name as SettingName] || env[variable] || fallback;
  }
  return raw as RawSettings;
}
