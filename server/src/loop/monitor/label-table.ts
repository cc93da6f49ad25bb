import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../../context.ts';
import { BucleError } from '../../platform/errors.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { readRows } from '../../platform/parquet/read-rows.ts';
import type { TableFormat } from '../../platform/parquet/table-file.ts';
import { labelErrors } from './label-errors.ts';

/** What the fields of a label are called in a file; absent: as the field, if the file has such a column. */
export type LabelColumns = Readonly<Partial<Record<LabelField, string>>>;

export const labelFields = ['prediction', 'key', 'value', 'label_time', 'event_time', 'censored'] as const;
export type LabelField = (typeof labelFields)[number];

export interface LabelTableFile {
  readonly body: AsyncIterable<Uint8Array>;
  readonly format: Exclude<TableFormat, 'jsonl'>;
  readonly columns: LabelColumns;
}

/**
 * The rows of a file as lines of labels, in their order. The file has to lie on disk as a whole before its first row.
 * @throws LABELS_FILE_UNREADABLE, LABELS_COLUMN_NOT_FOUND
 */
export async function* readTableLines(
  { config }: Pick<Context, 'config'>,
  { body, format, columns }: LabelTableFile,
): AsyncGenerator<string> {
  const folder = join(config.dataDir, 'scratch', `labels-${uuidv7()}`);
  await mkdir(folder, { recursive: true });
  try {
    const path = join(folder, `labels.${format}`);
    await pipeline(body, createWriteStream(path));
    const file = { path, name: 'the file', format };
    let fields: readonly Field[] | null = null;
    for await (const { columns: names, rows } of readRows([file], { scratch: join(folder, 'work') })) {
      fields ??= toFields(names, columns);
      for (const row of rows) yield toLine(fields, row);
    }
  } catch (error) {
    throw error instanceof BucleError && error.code === 'PARQUET_UNREADABLE' ? unreadable(error) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function unreadable(error: BucleError): BucleError {
  return labelErrors.FILE_UNREADABLE({ problem: String(error.details['reason'] ?? error.message) }, { cause: error });
}

interface Field {
  readonly field: LabelField;
  readonly at: number;
}

function toFields(names: readonly string[], columns: LabelColumns): Field[] {
  return labelFields.flatMap((field) => {
    const wanted = columns[field];
    const at = names.indexOf(wanted ?? field);
    if (at < 0 && (wanted !== undefined || field === 'value')) {
      throw labelErrors.COLUMN_NOT_FOUND({ column: wanted ?? field, columns: names.slice(0, 50) });
    }
    return at < 0 ? [] : [{ field, at }];
  });
}

function toLine(fields: readonly Field[], row: readonly unknown[]): string {
  return JSON.stringify(Object.fromEntries(fields.map(({ field, at }) => [field, row[at] ?? null])));
}
