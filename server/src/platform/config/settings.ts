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
    meaning:
      'Where records are kept: postgres://…, or sqlite:///FILE as MLflow writes it; absent: SQLite in the data folder.',
  },
  s3Bucket: { env: 'BUCLE_S3_BUCKET', fallback: null, meaning: 'Bucket for blobs; absent: disk in the data folder.' },
  s3Endpoint: { env: 'BUCLE_S3_ENDPOINT', fallback: null, meaning: 'URL of an S3-compatible server; absent: AWS.' },
  s3Region: { env: 'BUCLE_S3_REGION', fallback: null, meaning: 'Region of the bucket.' },
  s3AccessKeyId: { env: 'BUCLE_S3_ACCESS_KEY_ID', fallback: null, meaning: 'Access key of the bucket.' },
  s3SecretAccessKey: { env: 'BUCLE_S3_SECRET_ACCESS_KEY', fallback: null, meaning: 'Secret of the access key.' },
  s3Direct: {
    env: 'BUCLE_S3_DIRECT',
    fallback: null,
    meaning:
      'true: clients reach the bucket, and get signed URLs for big artifacts; false: all goes through this server; absent: true for AWS.',
  },
  s3Prefix: { env: 'BUCLE_S3_PREFIX', fallback: '', meaning: 'Prefix of all keys in the bucket.' },
  artifactsDestination: {
    env: 'BUCLE_ARTIFACTS_DESTINATION',
    fallback: null,
    meaning:
      'Where artifacts are kept, in the layout of MLflow: a folder, or s3://BUCKET/PREFIX; absent: with the other blobs.',
  },
  serveArtifacts: {
    env: 'BUCLE_SERVE_ARTIFACTS',
    fallback: 'true',
    meaning: 'false: artifacts are not sent through this server; clients go to the artifact root themselves.',
  },
  artifactsOnly: {
    env: 'BUCLE_ARTIFACTS_ONLY',
    fallback: 'false',
    meaning: 'true: of the API of MLflow, only artifacts are served.',
  },
  defaultArtifactRoot: {
    env: 'BUCLE_DEFAULT_ARTIFACT_ROOT',
    fallback: null,
    meaning:
      'Where new experiments say that their artifacts are; absent: mlflow-artifacts:/, or ./mlruns where they are not served.',
  },
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
    meaning:
      'Host headers that are accepted, separated by commas: ml.example.org, 10.0.0.7:7070, *.internal; * means all. ' +
      'Loopback always is; with no list, private addresses are too.',
  },
  corsOrigins: {
    env: 'BUCLE_CORS_ORIGINS',
    fallback: '',
    meaning:
      'Pages elsewhere that may use this server from a browser, separated by commas: https://app.example.org. Pages on loopback may.',
  },
  frameOptions: {
    env: 'BUCLE_X_FRAME_OPTIONS',
    fallback: 'SAMEORIGIN',
    meaning: 'Who may show pages of this server in a frame: SAMEORIGIN, DENY, or NONE for everybody.',
  },
  frontDoor: {
    env: 'BUCLE_FRONT_DOOR',
    fallback: 'true',
    meaning: 'false: the Host and Origin of requests are not looked at. Dangerous; for tests.',
  },
  staticPrefix: {
    env: 'BUCLE_STATIC_PREFIX',
    fallback: '',
    meaning: 'Path below which a proxy publishes this server, like /mlflow; it answers with and without it.',
  },
  webhookAllow: {
    env: 'BUCLE_WEBHOOK_ALLOW',
    fallback: '',
    meaning:
      'Hosts and networks that webhooks may reach although they are not public or without TLS, separated by commas: ' +
      'hooks.internal, 10.1.0.0/16.',
  },
  insecure: { env: 'BUCLE_INSECURE', fallback: 'false', meaning: 'true: answer without tokens even off loopback.' },
  requireTokens: {
    env: 'BUCLE_REQUIRE_TOKENS',
    fallback: 'false',
    meaning: 'true: ask for tokens on loopback too.',
  },
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
