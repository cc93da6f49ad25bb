/** What runs on the user's machine: the CLI loads it when an import is asked for. */

export { describeReport, type ImportReport, notesIn, startReport } from './report.ts';
export { runImport } from './run-import.ts';
export { openSource } from './sources/open-source.ts';
