/** The door of the folder: copies of everything that a server keeps. It knows tables and blobs, and no stage. */

export { type BackUp, backUp } from './back-up.ts';
export type { Manifest } from './backup-folder.ts';
export { backupErrors } from './errors.ts';
export { type Move, migrateData } from './migrate-data.ts';
export type { CopyReport, Progress } from './report.ts';
export { type Restore, restoreBackup, verifyBackup } from './restore.ts';
