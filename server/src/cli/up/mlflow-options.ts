import type { Option } from '../command.ts';

/** Flags of `mlflow server` that mean something here. */
export const storeOptions = {
  'backend-store-uri': {
    type: 'string',
    value: 'URI',
    meaning: 'Where records are kept: sqlite:///FILE or postgresql://…; by default SQLite in the data folder.',
    setting: 'databaseUrl',
    mlflow: 'MLFLOW_BACKEND_STORE_URI',
  },
  'registry-store-uri': {
    type: 'string',
    value: 'URI',
    meaning: 'The same as --backend-store-uri: models are kept with the runs.',
  },
  'artifacts-destination': {
    type: 'string',
    value: 'URI',
    meaning: 'Where artifacts are kept: a folder, file:///FOLDER or s3://BUCKET/PREFIX.',
    setting: 'artifactsDestination',
    mlflow: 'MLFLOW_ARTIFACTS_DESTINATION',
  },
  'default-artifact-root': {
    type: 'string',
    value: 'URI',
    meaning: 'Where new experiments say that their artifacts are (mlflow-artifacts:/).',
    setting: 'defaultArtifactRoot',
    mlflow: 'MLFLOW_DEFAULT_ARTIFACT_ROOT',
  },
  'serve-artifacts': {
    type: 'boolean',
    meaning: 'Send artifacts through this server: the default.',
    setting: 'serveArtifacts',
    mlflow: 'MLFLOW_SERVE_ARTIFACTS',
  },
  'no-serve-artifacts': {
    type: 'boolean',
    meaning: 'Let clients go to the artifact root themselves.',
    setting: 'serveArtifacts',
    says: 'false',
  },
  'artifacts-only': {
    type: 'boolean',
    meaning: 'Serve artifacts, and nothing else of MLflow’s API.',
    setting: 'artifactsOnly',
    mlflow: 'MLFLOW_ARTIFACTS_ONLY',
  },
} as const satisfies Record<string, Option>;

export const securityOptions = {
  'static-prefix': {
    type: 'string',
    value: 'PATH',
    meaning: 'Path below which a proxy publishes this server, like /mlflow.',
    setting: 'staticPrefix',
    mlflow: 'MLFLOW_STATIC_PREFIX',
  },
  'cors-allowed-origins': {
    type: 'string',
    value: 'ORIGINS',
    meaning: 'Pages elsewhere that may use this server from a browser, separated by commas.',
    setting: 'corsOrigins',
    mlflow: 'MLFLOW_SERVER_CORS_ALLOWED_ORIGINS',
  },
  'x-frame-options': {
    type: 'string',
    value: 'WHO',
    meaning: 'SAMEORIGIN (default), DENY, or NONE for everybody.',
    setting: 'frameOptions',
    mlflow: 'MLFLOW_SERVER_X_FRAME_OPTIONS',
  },
  'disable-security-middleware': {
    type: 'boolean',
    meaning: 'Look at neither Host nor Origin. Dangerous.',
    setting: 'frontDoor',
    says: 'false',
    mlflow: 'MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE',
  },
  'require-tokens': { type: 'boolean', meaning: 'Ask for tokens on loopback too.', setting: 'requireTokens' },
  'env-file': { type: 'string', value: 'FILE', meaning: 'Read variables from a file; those that are set win.' },
} as const satisfies Record<string, Option>;

/** What `mlflow server` takes and this server has no use for; deployment scripts may go on saying it. */
export const acceptedOptions = {
  workers: { type: 'string', short: 'w', value: 'N', meaning: 'Taken, not needed: one process answers everything.' },
  'gunicorn-opts': { type: 'string', value: 'OPTS', dashes: true, meaning: 'Taken, not needed.' },
  'uvicorn-opts': { type: 'string', value: 'OPTS', dashes: true, meaning: 'Taken, not needed.' },
  'waitress-opts': { type: 'string', value: 'OPTS', dashes: true, meaning: 'Taken, not needed.' },
  'expose-prometheus': { type: 'string', value: 'DIR', meaning: 'Taken, not needed: /metrics is always there.' },
  'app-name': { type: 'string', value: 'NAME', meaning: 'basic-auth: the same as --require-tokens.' },
  dev: { type: 'boolean', meaning: 'Taken: says more in the log.', setting: 'logLevel', says: 'debug' },
  'read-replica-backend-store-uri': { type: 'string', value: 'URI', meaning: 'Taken, not used.' },
  'secrets-cache-ttl': { type: 'string', value: 'S', meaning: 'Taken, not needed.' },
  'secrets-cache-max-size': { type: 'string', value: 'N', meaning: 'Taken, not needed.' },
  'trace-archival-config': { type: 'string', value: 'FILE', meaning: 'Taken, not used: traces stay in the database.' },
  'enable-workspaces': { type: 'boolean', meaning: 'Refused: there is one workspace.' },
  'disable-workspaces': { type: 'boolean', meaning: 'Taken: there is one workspace.' },
  'workspace-store-uri': { type: 'string', value: 'URI', meaning: 'Taken, not used.' },
} as const satisfies Record<string, Option>;
