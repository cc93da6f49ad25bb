import { defineCommand, type Io } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { parseLimit } from '../limit.ts';
import { withNext } from '../with-next.ts';
import { type RegistrySearch, searchModels } from './mlflow-models.ts';
import { describeAliases, type ModelVersion, type RegisteredModel } from './view.ts';

interface ListedModel extends RegisteredModel {
  readonly versions: number;
  readonly latest: ModelVersion | null;
}

export const command = defineCommand({
  summary: 'List registered models with their latest version and aliases.',
  usage: `[--filter "name LIKE 'fl%'"] [--order-by 'name DESC'] [--limit N]`,
  options: {
    filter: { type: 'string', value: 'EXPR', meaning: 'Search expression of MLflow over name and tags.' },
    'order-by': { type: 'string', value: 'KEY', multiple: true, meaning: "Key, and DESC or ASC: 'name DESC'." },
    limit: { type: 'string', value: 'N', meaning: 'How many at most (all).' },
  },
  async run({ values }, io) {
    const { filter } = values;
    const limit = parseLimit(values, Number.MAX_SAFE_INTEGER);
    const { models, more } = await withNext(
      `Write --filter as in "name LIKE 'fl%' AND tags.team = 'ops'", and --order-by as in 'timestamp DESC'.`,
      findModels(io, { filter, orderBy: values['order-by'], limit }),
    );
    if (io.json) io.printJson(models);
    else if (models.length === 0 && filter !== undefined) io.note('No model matches the filter.');
    else if (models.length === 0) {
      io.note('No models yet: `bucle models register job:JOB --as NAME` registers what a job has logged.');
    } else {
      io.printTable(
        ['model', 'latest', 'versions', 'aliases', 'changed'],
        models.map((model) => [
          model.name,
          model.latest === null ? null : `${model.name}/${model.latest.number}`,
          model.versions,
          describeAliases(model),
          formatTime(model.updated_at),
        ]),
        ['model', 'latest'],
      );
    }
    if (more) io.note(`The first ${models.length}; more with --limit.`);
    return 0;
  },
});

/** What MLflow's search finds, in its order, with what Bucle knows of them. */
async function findModels(io: Io, search: RegistrySearch): Promise<{ models: ListedModel[]; more: boolean }> {
  const all = await listModels(io);
  if (search.filter === undefined && search.orderBy === undefined) {
    return { models: all.slice(0, search.limit), more: all.length > search.limit };
  }
  const { items, more } = await searchModels(io, search);
  const byName = new Map(all.map((model) => [model.name, model]));
  return { models: items.flatMap(({ name }) => byName.get(name) ?? []), more };
}

async function listModels({ client, signal }: Io): Promise<ListedModel[]> {
  const all: ListedModel[] = [];
  for (let after: string | undefined | null; after !== null; ) {
    const page: { models: ListedModel[]; next: string | null } = await client.request('GET', '/api/v1/models', {
      query: { after, limit: 1_000 },
      signal,
    });
    all.push(...page.models);
    after = page.next;
  }
  return all;
}
