import { resolve } from 'node:path';
import type { ImportReport } from '../../imports/read-side.ts';
import { defineCommand, exitCodes, type Io, UsageError } from '../command.ts';
import { startCounting } from './progress.ts';

export const command = defineCommand({
  summary:
    'Take over what an MLflow store holds: a database, an mlruns folder or a server. Again it only adds what is new.',
  usage: 'SOURCE [--experiment NAME]… [--dry-run] [--no-artifacts] [--artifact-root DIR]… [--prefix TEXT]',
  options: {
    experiment: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      meaning: 'Only this experiment (repeatable), without the registry.',
    },
    'dry-run': { type: 'boolean', meaning: 'Say what there is and which names are taken; write nothing.' },
    'no-artifacts': { type: 'boolean', meaning: 'Leave the files where they are.' },
    'artifact-root': {
      type: 'string',
      multiple: true,
      value: 'DIR',
      meaning: 'A folder from which files may be read (repeatable); else that of the source only.',
    },
    'artifacts-destination': {
      type: 'string',
      value: 'DIR',
      meaning: 'Where the old server kept artifacts: its --artifacts-destination.',
    },
    prefix: {
      type: 'string',
      value: 'TEXT',
      meaning: 'What names of experiments and registered models begin with here.',
    },
  },
  async run({ values, args }, io) {
    const [given, more] = args;
    if (given === undefined || more !== undefined) {
      throw new UsageError('import mlflow takes one source.\nUsage: bucle import mlflow SOURCE');
    }
    const { notesIn, openSource, runImport, startReport } = await import('../../imports/read-side.ts');
    const report = startReport({ kind: '', address: given.replace(/\/\/[^/@]*@/, '//') });
    const destination = values['artifacts-destination'];
    await using source = await openSource(given, {
      artifactRoots: (values['artifact-root'] ?? []).map((path) => resolve(io.cwd, path)),
      artifactsDestination:
        destination === undefined || destination.includes('://') ? (destination ?? null) : resolve(io.cwd, destination),
      env: io.env,
      ...notesIn(report),
      signal: io.signal,
    });
    Object.assign(report, { source: { kind: source.kind, address: source.address } });
    const progress = startCounting(io);
    try {
      await runImport({
        ...{ client: io.client, source, report, signal: io.signal, onProgress: progress.add },
        options: {
          experiments: values.experiment ?? [],
          prefix: values.prefix ?? '',
          artifacts: values['no-artifacts'] !== true,
          dryRun: values['dry-run'] === true,
        },
      });
    } finally {
      progress.end();
    }
    await show(io, report, values['dry-run'] === true);
    return report.equal || values['dry-run'] === true ? exitCodes.ok : exitCodes.failed;
  },
});

const MOST_LINES = 50;

async function show(io: Io, report: ImportReport, isDry: boolean): Promise<void> {
  if (io.json) {
    io.printJson(report);
    return;
  }
  const { describeReport } = await import('../../imports/read-side.ts');
  if (isDry) {
    io.printTable(
      ['kind', 'in the source'],
      Object.entries(report.kinds).map(([kind, { counted }]) => [kind, counted]),
    );
  } else {
    io.printTable(['kind', 'source', 'bucle', 'sha256'], describeReport(report), ['kind', 'sha256']);
  }
  for (const { name, from, to } of report.renumbered)
    io.note(`The experiment ${name} has the id ${to} here; it was ${from}.`);
  for (const { what, count } of report.leftOut) io.note(`Not imported: ${count > 0 ? `${count} ` : ''}${what}.`);
  list(
    io,
    report.problems.map(({ what, reason }) => `Not imported: ${what}: ${reason}.`),
  );
  list(
    io,
    report.differences.map((line) => `Different: ${line}.`),
  );
  if (isDry) io.note('Nothing was written: --dry-run.');
  else if (report.written === 0) io.note('Nothing was written: all of it was there.');
  else io.note(`Written: ${report.written.toLocaleString('en-US')} rows and files.`);
  if (!isDry)
    io.note(
      report.equal ? 'Counts and hashes are equal on both sides.' : 'See above for what is missing or different.',
    );
}

function list(io: Io, lines: readonly string[]): void {
  for (const line of lines.slice(0, MOST_LINES)) io.note(line);
  if (lines.length > MOST_LINES) io.note(`… and ${lines.length - MOST_LINES} more: --json has them all.`);
}
