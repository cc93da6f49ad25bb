import type { Context } from '../../../context.ts';
import { describeColumns } from '../../../platform/parquet/describe-columns.ts';
import type { ThreadOptions } from '../../../platform/parquet/open-thread.ts';
import type { TableFile } from '../../../platform/parquet/table-file.ts';
import { findProfile } from '../../data/index.ts';

/** Columns of all tables of a version together; known without reading them once it is profiled as one table. */
export async function columnsOf(
  { db }: Pick<Context, 'db'>,
  { id }: { readonly id: string },
  tables: readonly TableFile[],
  options: ThreadOptions,
): Promise<string[]> {
  const profile = await findProfile(db.read, id);
  const [table, ...others] = profile?.tables ?? [];
  if (table && others.length === 0 && table.files.length === tables.length)
    return table.columns.map(({ name }) => name);
  return (await describeColumns(tables, options)).map(({ name }) => name);
}
