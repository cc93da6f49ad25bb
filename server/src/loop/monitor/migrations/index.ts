import type { Migration } from '../../../platform/db/database.ts';
import { labelTables } from './label-tables.ts';
import { windowTables } from './window-tables.ts';

export const monitorMigrations: readonly Migration[] = [windowTables, labelTables];
