import { defineCommand, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { withNext } from '../with-next.ts';
import { describeDuration, shortValue } from './format.ts';
import { type Experiment, getExperiment, listExperiments, type Run, searchRuns } from './mlflow-client.ts';

const METRICS_SHOWN = 3;

export const command = defineCommand({
  summary: 'List runs, the newest first.',
  usage: '[--experiment NAME] [--limit N] [--filter "metrics.auc > 0.9"] [--order-by \'metrics.auc DESC\']',
  options: {
    experiment: { type: 'string', value: 'NAME', multiple: true, meaning: 'Only of this experiment; may be repeated.' },
    limit: { type: 'string', value: 'N', meaning: 'How many at most (20).' },
    filter: {
      type: 'string',
      value: 'EXPR',
      meaning: 'Search expression of MLflow over metrics, params, tags, attributes.',
    },
    'order-by': { type: 'string', value: 'KEY', multiple: true, meaning: "Key, and DESC or ASC: 'metrics.auc DESC'." },
  },
  async run({ values, args }, io) {
    if (args.length > 0) throw new UsageError('runs ls takes flags only; one run: bucle runs show RUN.');
    const limit = Number(values.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit must be a whole number from 1 up.');
    const experiments =
      values.experiment === undefined
        ? await listExperiments(io)
        : await withNext(
            'Without --experiment, `bucle runs ls` lists the runs of all, with the names of their experiments.',
            Promise.all(values.experiment.map((name) => getExperiment(io, name))),
          );
    const { runs, more } = await withNext(
      "Write --filter as in \"metrics.auc > 0.9 AND params.depth = '6'\", and --order-by as in 'metrics.auc DESC'.",
      searchRuns(io, {
        experiments: experiments.map(({ experiment_id }) => experiment_id),
        ...{ filter: values.filter, orderBy: values['order-by'], limit },
      }),
    );
    if (io.json) io.printJson(runs);
    else if (runs.length === 0) {
      io.note(
        values.filter === undefined
          ? `No runs yet. Log one: MLFLOW_TRACKING_URI=${io.client.baseUrl} python train.py`
          : 'No run matches the filter.',
      );
    } else {
      const { columns, rows } = asTable(runs, experiments, io.stdout.isTTY);
      io.printTable(columns, rows, ['run', 'started']);
      if (more) io.note(`The first ${runs.length}; more with --limit.`);
    }
    return 0;
  },
});

function asTable(runs: readonly Run[], experiments: readonly Experiment[], short: boolean) {
  const keys = frequentMetrics(runs);
  const names = new Map(experiments.map(({ experiment_id, name }) => [experiment_id, name]));
  const columns = ['run', 'name', 'experiment', 'status', ...keys, 'started', 'took'];
  const rows = runs.map(({ info, data }) => [
    short ? info.run_id.slice(0, 8) : info.run_id,
    info.run_name ?? null,
    names.get(info.experiment_id) ?? info.experiment_id,
    info.status,
    ...keys.map((key) => {
      const metric = data.metrics?.find((one) => one.key === key);
      return metric === undefined ? null : shortValue(metric.value);
    }),
    info.start_time ? formatTime(info.start_time) : null,
    describeDuration(info),
  ]);
  return { columns, rows };
}

/** The metrics that most of these runs have; the system's own last. */
function frequentMetrics(runs: readonly Run[]): string[] {
  const counts = new Map<string, number>();
  for (const { data } of runs) {
    for (const { key } of data.metrics ?? []) {
      if (!key.startsWith('system/')) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, METRICS_SHOWN)
    .map(([key]) => key);
}
