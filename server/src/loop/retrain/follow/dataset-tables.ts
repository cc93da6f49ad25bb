import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../../context.ts';
import { describeColumns } from '../../../platform/parquet/describe-columns.ts';
import { readRows } from '../../../platform/parquet/read-rows.ts';
import { type TableFile, tableEnding, tableFormat } from '../../../platform/parquet/table-file.ts';
import { type WrittenColumn, writtenType } from '../../../platform/parquet/written-column.ts';
import { type DatasetVersion, loadManifest, materialiseVersion, resolveVersion } from '../../data/index.ts';
import { countsSeconds, toEventTime } from './event-time-column.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'config'>;

/** The tables of a version on this machine; their names are the paths in the version. */
export async function openTables(
  parts: Parts,
  version: Pick<DatasetVersion, 'id'>,
  folder: string,
  signal: AbortSignal,
): Promise<TableFile[]> {
  await rm(folder, { recursive: true, force: true });
  await materialiseVersion(parts, version, join(folder, 'files'), signal);
  await mkdir(join(folder, 'tables'), { recursive: true });
  const { files } = await loadManifest(parts, version.id);
  const tables: TableFile[] = [];
  for (const [index, { path }] of files.entries()) {
    const format = tableFormat(path);
    if (format === null) continue;
    // Paths of a version may hold any character; the reader of tables gets a plain one.
    const plain = join(folder, 'tables', `${index}${tableEnding(path) ?? ''}`);
    await link(join(folder, 'files', path), plain);
    tables.push({ path: plain, name: path, format });
  }
  return tables;
}

export async function columnsOf(
  tables: readonly TableFile[],
  options: { readonly scratch: string; readonly signal: AbortSignal },
): Promise<WrittenColumn[]> {
  const described = await describeColumns(tables, options);
  return described.map(({ name, type }) => ({ name, type: writtenType(type) }));
}

/** Event times of the rows: the first, the last, and whether numbers count seconds; null when no row says one. */
export interface Span {
  readonly first: number;
  readonly last: number;
  readonly seconds: boolean;
}

export async function spanOf(
  tables: readonly TableFile[],
  column: string,
  options: { readonly scratch: string; readonly signal: AbortSignal },
): Promise<Span | null> {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let seconds = false;
  for await (const { rows } of readRows(tables, { ...options, columns: [column] })) {
    for (const [cell] of rows) {
      const time = toEventTime(cell);
      if (time === null) continue;
      first = Math.min(first, time);
      last = Math.max(last, time);
      seconds ||= countsSeconds(cell);
    }
  }
  return last < first ? null : { first, last, seconds };
}

/** The newest version of a dataset that no policy made; null: there is none. @throws DATA_DATASET_NOT_FOUND */
export async function newestPushed(parts: Pick<Context, 'db'>, name: string): Promise<DatasetVersion | null> {
  for (let version = await resolveVersion(parts, { name, number: null }); ; ) {
    if (!version.created_by.startsWith('policy:')) return version;
    if (version.number === 1) return null;
    version = await resolveVersion(parts, { name, number: version.number - 1 });
  }
}
