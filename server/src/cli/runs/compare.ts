import { defineCommand, type Io, UsageError } from '../command.ts';
import { type ComparedRow, type Comparison, changeOf, compareRuns } from './compare-runs.ts';
import { describeDuration, shortValue } from './format.ts';
import type { Run } from './mlflow-client.ts';
import { resolveRun } from './resolve-run.ts';

const ID_SHOWN = 8;

export const command = defineCommand({
  summary: 'Compare runs: where their params, metrics, tags and inputs differ.',
  usage: 'RUN RUN…   (ids, or their beginnings) [--all]',
  options: { all: { type: 'boolean', meaning: 'Show what is equal, too.' } },
  async run({ values, args }, io) {
    if (args.length < 2) throw new UsageError('runs compare needs two RUNs or more.');
    const runs = await Promise.all(args.map((word) => resolveRun(io, word)));
    const ids = runs.map(({ info }) => info.run_id);
    const twice = ids.find((id, i) => ids.indexOf(id) !== i);
    if (twice !== undefined) throw new UsageError(`run:${twice} is named twice: name different runs.`);
    const comparison = compareRuns(runs, values.all === true);
    if (io.json) io.printJson({ runs: runs.map(({ info }) => info), ...comparison });
    else showComparison(io, runs, comparison);
    return 0;
  },
});

function showComparison(io: Io, runs: readonly Run[], comparison: Comparison): void {
  const heads = headsOf(runs);
  io.printTable(
    ['run', 'name', 'status', 'took'],
    runs.map(({ info }) => [info.run_id, info.run_name ?? null, info.status, describeDuration(info)]),
    ['run'],
  );
  const { metrics } = comparison;
  section(io, 'attribute', heads, comparison.attributes);
  section(io, 'input', heads, comparison.inputs);
  section(io, 'param', heads, comparison.params);
  if (runs.length === 2) showChanges(io, heads, metrics);
  else section(io, 'metric', heads, shortened(metrics));
  section(io, 'tag', heads, comparison.tags);
  if (Object.values(comparison).every((rows) => rows.length === 0)) {
    io.note('They do not differ in params, metrics, tags or inputs; --all shows what they have.');
  }
}

/** Names where each run has its own, beginnings of ids otherwise. */
function headsOf(runs: readonly Run[]): string[] {
  const names = runs.map(({ info }) => info.run_name ?? '');
  const areUseful = new Set(names).size === runs.length && !names.includes('');
  return areUseful ? names : runs.map(({ info }) => info.run_id.slice(0, ID_SHOWN));
}

function showChanges(io: Io, heads: readonly string[], rows: readonly ComparedRow<number | string>[]): void {
  const short = (value: number | string | null) => (value === null ? null : shortValue(value));
  if (rows.length === 0) return;
  io.print('');
  io.printTable(
    ['metric', ...heads, 'change'],
    rows.map(({ key, values }) => [key, ...values.map(short), short(changeOf(values))]),
  );
}

function shortened(rows: readonly ComparedRow<number | string>[]): ComparedRow<number | string>[] {
  return rows.map((row) => ({
    ...row,
    values: row.values.map((value) => (value === null ? null : shortValue(value))),
  }));
}

function section(io: Io, title: string, heads: readonly string[], rows: readonly ComparedRow<string | number>[]): void {
  if (rows.length === 0) return;
  io.print('');
  io.printTable(
    [title, ...heads],
    rows.map(({ key, values }) => [key, ...values]),
  );
}
