import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { importErrors } from '../errors.ts';
import type { MlflowSource, SourceOptions } from './source.ts';

/**
 * A database: `sqlite:///file`, a path, or `postgresql://…`.
 * @throws IMPORT_NOT_YET, IMPORT_NO_SOURCE, IMPORT_NOT_MLFLOW, IMPORT_SOURCE_FAILED
 */
export async function openSource(given: string, options: SourceOptions): Promise<MlflowSource> {
  if (/^https?:\/\//i.test(given)) {
    throw importErrors.NOT_YET({ what: 'a live server' });
  }
  if (/^postgres(ql)?(\+\w+)?:\/\//i.test(given)) return openPostgres(given, options);
  const path = localPath(given);
  const found = await stat(path).catch(() => null);
  if (!found) throw importErrors.NO_SOURCE({ source: given, reason: 'there is no such file or folder' });
  if (found.isDirectory()) throw importErrors.NOT_YET({ what: 'an mlruns folder' });
  return openSqlite(path, options);
}

/** Files beside a database belong to its store. */
async function openSqlite(path: string, options: SourceOptions): Promise<MlflowSource> {
  const { openSourceSqlite } = await import('../../platform/db/source-database.ts');
  const { sqlSource } = await import('./sql-source.ts');
  const folder = dirname(path);
  const kept = join(folder, 'mlartifacts');
  const beside = (await stat(kept).catch(() => null))?.isDirectory() ? kept : null;
  return read(path, async () => {
    const db = openSourceSqlite(path);
    return sqlSource(db, {
      ...{ kind: 'SQLite', address: path },
      options: {
        ...options,
        artifactRoots: [...options.artifactRoots, folder],
        artifactsDestination: options.artifactsDestination ?? beside,
      },
    });
  });
}

async function openPostgres(given: string, options: SourceOptions): Promise<MlflowSource> {
  const { openSourcePostgres } = await import('../../platform/db/source-database.ts');
  const { sqlSource } = await import('./sql-source.ts');
  const url = new URL(given.replace(/^postgres(ql)?(\+\w+)?:/i, 'postgresql:'));
  const address = `postgresql://${url.host}${url.pathname}`;
  return read(address, async () =>
    sqlSource(await openSourcePostgres(url.href), { kind: 'PostgreSQL', address, options }),
  );
}

async function read(address: string, open: () => Promise<MlflowSource | null>): Promise<MlflowSource> {
  const source = await open().catch((cause: Error) => {
    throw importErrors.NOT_MLFLOW({ source: address, reason: cause.message }, { cause });
  });
  if (!source)
    throw importErrors.NOT_MLFLOW({ source: address, reason: 'it has no tables named experiments and runs' });
  return source;
}

/** `sqlite:///relative`, `sqlite:////absolute`, `file:///absolute`, or a path. */
function localPath(given: string): string {
  const url = /^(?:sqlite:\/\/\/|file:\/\/)(.*)$/i.exec(given)?.[1];
  const path = resolve(decodeURIComponentSafely(url?.split('?')[0]) ?? given);
  return basename(path) === '' ? dirname(path) : path;
}

function decodeURIComponentSafely(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return text;
  }
}
