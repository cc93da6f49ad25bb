import { join } from 'node:path';
import type { ManifestFile } from '@bucle/client/chunks';
import type { Context } from '../../context.ts';
import { type TableFile, tableEnding, tableFormat } from '../../platform/parquet/table-file.ts';
import type { DatasetVersion } from './dataset.ts';
import { cacheFile, placeFile } from './file-cache.ts';
import { loadManifest } from './manifest-blob.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'config'>;

/** The tables of a version below `folder`, in the order of their paths; whatever is no table is left out. */
export async function placeTables(
  parts: Parts,
  version: Pick<DatasetVersion, 'id'>,
  folder: string,
  signal?: AbortSignal,
): Promise<TableFile[]> {
  const { files } = await loadManifest(parts, version.id);
  const tables = files.filter(({ path }) => tableFormat(path) !== null);
  const placed: TableFile[] = [];
  for (const [number, file] of tables.entries()) {
    signal?.throwIfAborted();
    placed.push(await placeTable(parts, file, join(folder, String(number)), signal));
  }
  return placed;
}

/** Names in a manifest may hold any character; the reader of tables gets a plain one, `base` with an ending. */
export async function placeTable(
  parts: Parts,
  file: ManifestFile,
  base: string,
  signal?: AbortSignal,
): Promise<TableFile> {
  const path = `${base}${tableEnding(file.path) ?? ''}`;
  await placeFile(await cacheFile(parts, file, signal), path);
  return { path, name: file.path, format: tableFormat(file.path) ?? 'csv' };
}
