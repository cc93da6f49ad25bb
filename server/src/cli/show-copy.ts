import type { CopyReport } from '../keep-data.ts';
import { exitCodes, type Io } from './command.ts';

/** The counts and hashes of both sides; the exit code says whether all are equal. */
export function showCopy(io: Io, report: CopyReport, done: string): number {
  if (io.json) io.printJson(report);
  else {
    io.printTable(
      ['what', 'source', 'target', 'equal', 'sha256'],
      report.lines.map(({ what, source, target, equal }) => [
        ...[what, source?.count ?? null, target?.count ?? null],
        ...[equal ? 'yes' : 'NO', target?.sha256 ?? null],
      ]),
      ['what', 'equal'],
    );
    if (report.untouched) io.note('Nothing was written: all of it was there.');
    io.note(report.equal ? `Counts and hashes are equal on both sides. ${done}` : 'Both sides differ: see above.');
  }
  return report.equal ? exitCodes.ok : exitCodes.failed;
}
