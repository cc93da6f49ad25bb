import { defineCommand, type Io } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { describeAliases, type ModelVersion, type RegisteredModel } from './view.ts';

interface ListedModel extends RegisteredModel {
  readonly versions: number;
  readonly latest: ModelVersion | null;
}

export const command = defineCommand({
  summary: 'List registered models with their latest version and aliases.',
  usage: '',
  options: {},
  async run(_input, io) {
    const models = await listModels(io);
    if (io.json) io.printJson(models);
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
    return 0;
  },
});

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
