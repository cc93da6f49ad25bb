import { join, resolve } from 'node:path';
import { configErrors, invalid } from './parse-setting.ts';
import { type RawSettings, settings } from './settings.ts';

export type DatabaseConfig =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

const HIDDEN = '(not shown, it may hold a password)';
const EXPECTED = 'a postgres:// URL or sqlite:///FILE';

/** Stores of MLflow that are none of Bucle's, by their scheme. */
const OTHERS: Readonly<Record<string, string>> = {
  mysql: 'a MySQL database',
  mssql: 'a Microsoft SQL Server database',
  oracle: 'an Oracle database',
  file: 'a folder of files (mlruns)',
  databricks: 'Databricks',
  'databricks-uc': 'Databricks',
  http: 'another server',
  https: 'another server',
};

/**
 * SQLAlchemy's way to write it, as MLflow's `--backend-store-uri` takes it, or a PostgreSQL connection string.
 * `sqlite:///FILE` is relative to the working folder, `sqlite:////FILE` absolute.
 * @throws CONFIG_INVALID, CONFIG_UNSUPPORTED_STORE
 */
export function parseDatabase(raw: RawSettings, dataDir: string): DatabaseConfig {
  const text = raw.databaseUrl;
  if (text === null) return { kind: 'sqlite', path: join(dataDir, 'bucle.db') };
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9-]*)(?:\+\w+)?:(.*)$/i.exec(text) ?? [];
  const name = scheme.toLowerCase();
  if (name === 'postgres' || name === 'postgresql') {
    const url = `${name}:${rest}`;
    if (!rest.startsWith('//') || !URL.canParse(url)) throw invalid('databaseUrl', HIDDEN, EXPECTED);
    return { kind: 'postgres', url };
  }
  if (name === 'sqlite') return { kind: 'sqlite', path: parseSqlitePath(rest) };
  const store = name === '' ? OTHERS['file'] : OTHERS[name];
  if (store === undefined) throw invalid('databaseUrl', HIDDEN, EXPECTED);
  throw configErrors.UNSUPPORTED_STORE({ variable: settings.databaseUrl.env, store });
}

function parseSqlitePath(rest: string): string {
  const [, file = ''] = /^\/\/\/([^?#]+)$/.exec(rest) ?? [];
  if (file === '' || file === ':memory:') {
    throw invalid('databaseUrl', `sqlite:${rest}`, 'a file: sqlite:///FILE, or sqlite:////FILE with an absolute path');
  }
  return resolve(file);
}
