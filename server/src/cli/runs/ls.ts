import { defineCommand, type Io, UsageError } from '../command.ts';
import { csvOption, formatCsv } from '../csv.ts';
import { formatTime } from '../data/format.ts';
import { parseLimit } from '../limit.ts';
import { parseView, type ViewType, viewOption } from '../view-type.ts';
import { withNext } from '../with-next.ts';
import { type Column, parseColumns } from './columns.ts';
import { describeDuration, shortValue } from './format.ts';
import { type Experiment, getExperiment, listExperiments, type Run, searchRuns } from './mlflow-client.ts';

const METRICS_SHOWN = 3;

export const command = defineCommand({
  summary: 'List runs, the newest first.',
  usage: `[--experiment NAME] [--limit N | --all] [--filter "metrics.auc > 0.9"] [--order-by 'metrics.auc DESC'] [--columns metrics.auc,params.depth]`,
  options: {
    experiment: {
      type: 'string',
      value: 'NAME|ID',
      multiple: true,
      meaning: 'Only of this experiment; may be repeated.',
    },
    limit: { type: 'string', value: 'N', meaning: 'How many at most (20).' },
    all: { type: 'boolean', meaning: 'All of them, page by page.' },
    filter: {
      type: 'string',
      value: 'EXPR',
      meaning: 'Search expression of MLflow over metrics, params, tags, attributes.',
    },
    'order-by': { type: 'string', value: 'KEY', multiple: true, meaning: "Key, and DESC or ASC: 'metrics.auc DESC'." },
    columns: {
      type: 'string',
      value: 'KEYS',
      multiple: true,
      meaning: 'What to show of each, separated by commas: metrics.auc,params.depth,tags.team,user_id.',
    },
    view: viewOption,
    csv: csvOption,
  },
  async run({ values, args }, io) {
    if (args.length > 0) throw new UsageError('runs ls takes flags only; one run: bucle runs show RUN.');
    const limit = parseLimit(values, 20);
    const view = parseView(values.view);
    const columns = values.columns === undefined ? undefined : parseColumns(values.columns);
    const experiments = await experimentsOf(io, values.experiment, view);
    const { runs, more } = await withNext(
      "Write --filter as in \"metrics.auc > 0.9 AND params.depth = '6'\", and --order-by as in 'metrics.auc DESC'.",
      searchRuns(io, {
        experiments: experiments.map(({ experiment_id }) => experiment_id),
        ...{ view, filter: values.filter, orderBy: values['order-by'], limit },
      }),
    );
    if (io.json) io.printJson(runs);
    else if (runs.length === 0 && values.csv !== true) {
      io.note(
        values.filter === undefined ? noRuns(io, view, values.experiment === undefined) : 'No run matches the filter.',
      );
    } else {
      const csv = values.csv === true;
      const table = asTable(runs, experiments, { short: io.stdout.isTTY && !csv, columns });
      if (csv) io.stdout.write(formatCsv([table.columns, ...table.rows]));
      else io.printTable(table.columns, table.rows, ['run', 'started']);
      if (more) io.note(`The first ${runs.length}; more with --limit.`);
    }
    return 0;
  },
});

function noRuns(io: Io, view: ViewType, everywhere: boolean): string {
  if (view === 'DELETED_ONLY') return 'No deleted runs.';
  const where = everywhere ? '' : ' in this experiment';
  return `No runs yet${where}. Log one: MLFLOW_TRACKING_URI=${io.client.baseUrl} python train.py`;
}

function experimentsOf(io: Io, words: readonly string[] | undefined, view: ViewType): Promise<Experiment[]> {
  // A run goes with its experiment when that is deleted.
  if (words === undefined) return listExperiments(io, view === 'ACTIVE_ONLY' ? view : 'ALL');
  return withNext(
    'Without --experiment, `bucle runs ls` lists the runs of all, with the names of their experiments.',
    Promise.all(words.map((word) => getExperiment(io, word))),
  );
}

interface TableStyle {
  /** Ids are cut to what a person can type. */
  readonly short: boolean;
  /** Instead of the metrics that most runs have. */
  readonly columns?: readonly Column[] | undefined;
}

function asTable(runs: readonly Run[], experiments: readonly Experiment[], { short, columns }: TableStyle) {
  const chosen = columns ?? frequentMetrics(runs);
  const names = new Map(experiments.map(({ experiment_id, name }) => [experiment_id, name]));
  const rows = runs.map((run) => [
    short ? run.info.run_id.slice(0, 8) : run.info.run_id,
    run.info.run_name ?? null,
    names.get(run.info.experiment_id) ?? run.info.experiment_id,
    run.info.status,
    ...chosen.map((column) => column.read(run)),
    run.info.start_time ? formatTime(run.info.start_time) : null,
    describeDuration(run.info),
  ]);
  const titles = chosen.map(({ title }) => title);
  return { columns: ['run', 'name', 'experiment', 'status', ...titles, 'started', 'took'], rows };
}

/** The metrics that most of these runs have; the system's own last. */
function frequentMetrics(runs: readonly Run[]): Column[] {
  const counts = new Map<string, number>();
  for (const { data } of runs) {
    for (const { key } of data.metrics ?? []) {
      if (!key.startsWith('system/')) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, METRICS_SHOWN)
    .map(([key]) => ({
      title: key,
      read: ({ data }) => {
        const metric = data.metrics?.find((one) => one.key === key);
        return metric === undefined ? null : shortValue(metric.value);
      },
    }));
}
