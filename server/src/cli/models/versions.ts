import { defineCommand, type Io, UsageError } from '../command.ts';
import { csvOption, formatCsv } from '../csv.ts';
import { formatTime } from '../data/format.ts';
import { parseLimit } from '../limit.ts';
import { withNext } from '../with-next.ts';
import { type MlflowVersion, searchVersions } from './mlflow-models.ts';

const COLUMNS = ['version', 'aliases', 'stage', 'run', 'created', 'changed', 'description'];

export const command = defineCommand({
  summary: 'List versions of all models or one, what changed last first.',
  usage: `NAME [--filter "tags.team = 'ops'"] [--order-by 'version_number DESC'] [--limit N | --all]   (without NAME: of all models)`,
  options: {
    filter: { type: 'string', value: 'EXPR', meaning: 'Search expression of MLflow over name, run_id and tags.' },
    'order-by': { type: 'string', value: 'KEY', multiple: true, meaning: "Key, and DESC or ASC: 'version_number'." },
    limit: { type: 'string', value: 'N', meaning: 'How many at most (100).' },
    all: { type: 'boolean', meaning: 'All of them, page by page.' },
    csv: csvOption,
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (args.length > 1) throw new UsageError('models versions takes one NAME at most.');
    const filter = bothFilters(name, values.filter);
    const { items, more } = await withNext(
      `Write --filter as in "tags.team = 'ops' AND run_id = '…'", and --order-by as in 'version_number DESC'.`,
      searchVersions(io, { filter, orderBy: values['order-by'], limit: parseLimit(values, 100) }),
    );
    if (io.json) io.printJson(items);
    else if (values.csv === true) io.stdout.write(formatCsv([COLUMNS, ...items.map(toRow)]));
    else if (items.length > 0) io.printTable(COLUMNS, items.map(toRow), ['version']);
    else sayNone(io, name, values.filter);
    if (more) io.note(`The first ${items.length}; more with --limit.`);
    return 0;
  },
});

/** The grammar knows no brackets and no OR, so that one may be put before the other. */
function bothFilters(name: string | undefined, filter: string | undefined): string | undefined {
  if (name === undefined) return filter;
  const quote = name.includes("'") ? '"' : "'";
  const ofModel = `name = ${quote}${name}${quote}`;
  return filter === undefined || filter.trim() === '' ? ofModel : `${ofModel} AND ${filter}`;
}

function sayNone(io: Io, name: string | undefined, filter: string | undefined): void {
  if (filter !== undefined) io.note('No version matches the filter.');
  else if (name !== undefined) io.note(`No version of ${name}; the models are in \`bucle models ls\`.`);
  else io.note('No versions yet: `bucle models register run:RUN --as NAME` registers what a run has logged.');
}

function toRow(version: MlflowVersion): (string | null)[] {
  const time = (value: number | undefined) => (value ? formatTime(value) : null);
  const { aliases = [], current_stage, run_id, description } = version;
  return [
    `${version.name}/${version.version}`,
    aliases.length === 0 ? null : aliases.join(', '),
    current_stage ?? null,
    run_id ? `run:${run_id}` : null,
    time(version.creation_timestamp),
    time(version.last_updated_timestamp),
    description ? description : null,
  ];
}
