import { defineCommand, UsageError } from '../command.ts';
import { csvOption, formatCsv } from '../csv.ts';
import { formatTime } from '../data/format.ts';
import { parseLimit } from '../limit.ts';
import { type Experiment, searchExperiments } from '../runs/mlflow-client.ts';
import { parseView, viewOption } from '../view-type.ts';
import { withNext } from '../with-next.ts';

const COLUMNS = ['id', 'name', 'stage', 'created', 'changed'];

export const command = defineCommand({
  summary: 'List experiments, the newest first.',
  usage: `[--filter "name LIKE 'fl%'"] [--order-by 'name ASC'] [--view active|deleted|all] [--limit N | --all]`,
  options: {
    filter: { type: 'string', value: 'EXPR', meaning: 'Search expression of MLflow over name, times and tags.' },
    'order-by': { type: 'string', value: 'KEY', multiple: true, meaning: "Key, and DESC or ASC: 'name ASC'." },
    view: viewOption,
    limit: { type: 'string', value: 'N', meaning: 'How many at most (100).' },
    all: { type: 'boolean', meaning: 'All of them, page by page.' },
    csv: csvOption,
  },
  async run({ values, args }, io) {
    if (args.length > 0) throw new UsageError('experiments ls takes flags only; one: bucle experiments show NAME.');
    const { filter, csv } = values;
    const view = parseView(values.view);
    const { items, more } = await withNext(
      `Write --filter as in "name LIKE 'fl%' AND tags.team = 'ops'", and --order-by as in 'last_update_time DESC'.`,
      searchExperiments(io, { view, filter, orderBy: values['order-by'], limit: parseLimit(values, 100) }),
    );
    if (io.json) io.printJson(items);
    else if (csv === true) io.stdout.write(formatCsv([COLUMNS, ...items.map(toRow)]));
    else if (items.length === 0) {
      io.note(
        filter === undefined
          ? `No ${view === 'DELETED_ONLY' ? 'deleted ' : ''}experiments.`
          : 'No experiment matches the filter.',
      );
    } else io.printTable(COLUMNS, items.map(toRow), ['id']);
    if (more) io.note(`The first ${items.length}; more with --limit.`);
    return 0;
  },
});

function toRow({ experiment_id, name, lifecycle_stage = 'active', creation_time, last_update_time }: Experiment) {
  const time = (value: number | undefined) => (value ? formatTime(value) : null);
  return [experiment_id, name, lifecycle_stage, time(creation_time), time(last_update_time)];
}
