import type { DatabaseConfig } from '../platform/config/config.ts';
import type { Migration } from '../platform/db/database.ts';
import { type FillTarget, fillDatabase } from '../platform/db/tables/fill-database.ts';
import type { Sequences } from '../platform/db/tables/sequences.ts';
import type { TableShape } from '../platform/db/tables/table-shape.ts';
import { backupErrors } from './errors.ts';
import { digestTable, digestTables, type TableSource } from './read-tables.ts';
import { compareDigests, namesOfDifferent, type Progress, type ReportLine } from './report.ts';
import type { Digest } from './set-digest.ts';

export interface Records extends TableSource {
  readonly sequences: Sequences;
  /** Names of the steps of their schema. */
  readonly migrations: readonly string[];
}

/**
 * All records into a database that has none, and back out of it to compare: it is there whole and proved, or not at
 * all. It gets the schema that the records have; the server brings that up to date when it starts.
 * @throws BACKUP_NEWER, BACKUP_SCHEMA_DIFFERS, BACKUP_DIFFERENT
 */
export async function copyTables(
  { source, to }: { readonly source: Records; readonly to: DatabaseConfig },
  { migrations, progress }: { readonly migrations: readonly Migration[]; readonly progress: Progress },
): Promise<ReportLine[]> {
  let lines: ReportLine[] = [];
  await fillDatabase(to, {
    migrations: chooseMigrations(migrations, source.migrations),
    async fill(target) {
      checkShapes(source.tables, target.tables);
      const read = new Map<string, Digest>();
      // In the order of the target, where each table comes after those that it refers to.
      for (const table of target.tables) {
        const put = async (rows: Parameters<FillTarget['insert']>[1]) => {
          await target.insert(table, rows).catch((cause: unknown) => {
            throw backupErrors.ROWS_REFUSED({ table: table.name, reason: (cause as Error).message }, { cause });
          });
          progress('rows copied', rows.length);
        };
        read.set(table.name, await digestTable(source, table, put));
      }
      await target.advance(source.sequences);
      lines = compareDigests(read, await digestTables(target, progress));
      const list = namesOfDifferent(lines);
      if (list.length > 0) throw backupErrors.DIFFERENT({ list });
    },
  });
  return lines;
}

/** @throws BACKUP_NEWER */
export function chooseMigrations(known: readonly Migration[], names: readonly string[]): Migration[] {
  const strange = names.filter((name) => !known.some((migration) => migration.name === name));
  if (strange.length > 0) throw backupErrors.NEWER({ migrations: strange });
  return known.filter(({ name }) => names.includes(name));
}

function checkShapes(source: readonly TableShape[], target: readonly TableShape[]): void {
  const columns = ({ columns: all }: TableShape) => all.map(({ name }) => name).join(', ');
  for (const table of source) {
    const same = target.find(({ name }) => name === table.name);
    if (same !== undefined && columns(same) === columns(table)) continue;
    const reason = same === undefined ? 'it is not one of Bucle' : `${columns(table)} against ${columns(same)}`;
    throw backupErrors.SCHEMA_DIFFERS({ table: table.name, reason });
  }
  const absent = target.find(({ name }) => !source.some((table) => table.name === name));
  if (absent !== undefined) throw backupErrors.SCHEMA_DIFFERS({ table: absent.name, reason: 'the source has none' });
}
