import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { importErrors } from '../errors.ts';
import type { MlflowSource, SourceOptions } from './source.ts';

/**
 * A database (`sqlite:///file`, a path, `postgresql://…`), an `mlruns` folder, or a server (`http://…`).
 * @throws IMPORT_NO_SOURCE, IMPORT_NOT_MLFLOW, IMPORT_SOURCE_FAILED
 */
export async function openSource(given: string, options: SourceOptions): Promise<MlflowSource> {
  if (/^https?:\/\//i.test(given)) return openServer(given, options);
  if (/^postgres(ql)?(\+\w+)?:\/\//i.test(given)) return openPostgres(given, options);
  const path = localPath(given);
  const found = await stat(path).catch(() => null);
  if (!found) throw importErrors.NO_SOURCE({ source: given, reason: 'there is no such file or folder' });
  if (found.isDirectory()) return openFolder(path, options);
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

async function openFolder(path: string, options: SourceOptions): Promise<MlflowSource> {
  const { folderSource } = await import('./folder-source.ts');
  return read(
    path,
    () => folderSource(path, options),
    'no folder in it has a meta.yaml (its server may have a database)',
  );
}

async function openServer(given: string, options: SourceOptions): Promise<MlflowSource> {
  const { serverSource } = await import('./server-source.ts');
  return serverSource(given, options);
}

async function read(
  address: string,
  open: () => Promise<MlflowSource | null>,
  otherwise = 'it has no tables named experiments and runs',
): Promise<MlflowSource> {
  const source = await open().catch((cause: Error) => {
    throw importErrors.NOT_MLFLOW({ source: address, reason: cause.message }, { cause });
  });
  if (!source) throw importErrors.NOT_MLFLOW({ source: address, reason: otherwise });
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
