import { UsageError } from '../command.ts';

type Said = Readonly<Record<string, string | boolean | string[] | undefined>>;
type Environment = Readonly<Record<string, string | undefined>>;

const NOTES: Readonly<Record<string, string>> = {
  workers: 'one process answers all requests',
  'gunicorn-opts': 'there is no gunicorn here',
  'uvicorn-opts': 'there is no uvicorn here',
  'waitress-opts': 'there is no waitress here',
  'expose-prometheus': 'GET /metrics is always there',
  dev: 'only the log says more, the server is not started again when files change',
  'read-replica-backend-store-uri': 'all reads go to the database of --backend-store-uri',
  'secrets-cache-ttl': 'there is no such cache',
  'secrets-cache-max-size': 'there is no such cache',
  'trace-archival-config': 'traces stay in the database',
  'workspace-store-uri': 'there is one workspace',
};

/** What becomes of flags that this server takes from `mlflow server` without needing them. */
export function noteAccepted(said: Said, note: (line: string) => void): void {
  for (const [flag, why] of Object.entries(NOTES)) {
    if (said[flag] !== undefined) note(`note: --${flag} is taken and has no effect: ${why}.`);
  }
  if (said['app-name'] === 'basic-auth') {
    note(
      'note: --app-name basic-auth asks for tokens: `bucle tokens create NAME` makes one, also for MLFLOW_TRACKING_PASSWORD.',
    );
  }
  if (said['disable-security-middleware'] === true) {
    note('warning: neither Host nor Origin is looked at: any web page can reach this server through a browser.');
  }
}

/** Refuses what would start another server than was meant. @throws UsageError */
export function refuseUnfit(said: Said, env: Environment): void {
  const backend = said['backend-store-uri'] ?? env['BUCLE_DATABASE_URL'] ?? env['MLFLOW_BACKEND_STORE_URI'];
  const registry = said['registry-store-uri'] ?? env['MLFLOW_REGISTRY_STORE_URI'];
  if (registry !== undefined && registry !== '' && registry !== backend) {
    throw new UsageError(
      '--registry-store-uri names another store than --backend-store-uri, but models are kept with the runs.\n' +
        '  next: leave it out, and copy a registry of its own with `bucle import mlflow SOURCE`.',
    );
  }
  const app = said['app-name'];
  if (app !== undefined && app !== 'basic-auth') {
    throw new UsageError(`--app-name ${app} is not known; --app-name basic-auth asks for tokens.`);
  }
  if (said['enable-workspaces'] === true || /^(1|true|yes|on)$/i.test(env['MLFLOW_ENABLE_WORKSPACES'] ?? '')) {
    throw new UsageError('There are no workspaces: --enable-workspaces would mix what must stay apart.');
  }
  for (const flag of ['gunicorn-opts', 'uvicorn-opts'] as const) {
    if (/--?(ssl-)?(certfile|keyfile)\b/.test(String(said[flag] ?? ''))) {
      throw new UsageError(`--${flag} asks for TLS, which this server leaves to a proxy before it.`);
    }
  }
  if (said['serve-artifacts'] === true && said['no-serve-artifacts'] === true) {
    throw new UsageError('--serve-artifacts and --no-serve-artifacts exclude each other.');
  }
}

/** `-h ADDRESS` is the host to `mlflow server`, and `-h` alone the help. */
export function rewriteHost(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const next = words[index + 1];
    if (word === '-h' && next !== undefined && !next.startsWith('-')) return '--host';
    return word.startsWith('-h') && word.length > 2 && !word.startsWith('--')
      ? `--host=${word.slice(2).replace(/^=/, '')}`
      : word;
  });
}
