import { defineErrors } from '../platform/errors.ts';

export const backupErrors = defineErrors('BACKUP', {
  NOTHING: {
    status: 404,
    message: 'There are no records in {place}.',
    next: 'Name the data folder with --data, or the database with --backend-store-uri.',
  },
  FOLDER_NOT_EMPTY: {
    status: 409,
    message: 'The folder {folder} is not empty, and a backup needs one of its own.',
    next: 'Name a folder that does not exist yet.',
  },
  NOT_A_BACKUP: {
    status: 404,
    message: '{folder} is not a whole backup: {reason}.',
    next: 'Name the folder that `bucle backup` wrote. One that was interrupted ends with .partial and is of no use.',
  },
  DAMAGED: {
    status: 422,
    message: 'The backup is not what was written: {list}',
    next: 'Take another backup; nothing was restored from this one.',
  },
  NEWER: {
    status: 409,
    message: 'The records were written by a newer Bucle (it knows {migrations}).',
    next: 'Use that version.',
  },
  TARGET_NOT_EMPTY: {
    status: 409,
    message: '{place} holds records already: nothing was changed in it.',
    next: 'Name a place that is empty: another --data, or another database.',
  },
  TARGET_BLOBS: {
    status: 409,
    message: 'The target has files that do not come from here: {list}. Nothing was written.',
    next: 'Name a folder, bucket or prefix that is empty. Files that are equal already may stay.',
  },
  SAME_PLACE: {
    status: 409,
    message: 'Source and target are the same: {place}.',
    next: 'Name another database or another bucket.',
  },
  SCHEMA_DIFFERS: {
    status: 409,
    message: 'The table {table} has other columns or is absent in the target: {reason}.',
    next: 'Give the records a database or schema of their own, without tables of others.',
  },
  ROWS_REFUSED: {
    status: 422,
    message: 'The target cannot keep what is in the table {table}: {reason}. Nothing was written to its database.',
    next: 'Change what it names in the source (PostgreSQL keeps no text with a zero character), and try again.',
  },
  DIFFERENT: {
    status: 500,
    message: 'What was written is not what was read: {list}',
    next: 'The database of the target was left empty. Run the same command again.',
  },
});
