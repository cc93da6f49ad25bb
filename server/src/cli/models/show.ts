import { fillPath } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { describeAliases, type ModelVersion, type RegisteredModel } from './view.ts';

interface ModelDetail extends RegisteredModel {
  readonly versions: readonly ModelVersion[];
  readonly next: number | null;
}

export const command = defineCommand({
  summary: 'Show a registered model and its versions.',
  usage: 'NAME',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('models show needs one NAME.');
    const model = await getModel(io, name);
    if (io.json) io.printJson(model);
    else showModel(io, model);
    return 0;
  },
});

async function getModel({ client, signal }: Io, name: string): Promise<Omit<ModelDetail, 'next'>> {
  const path = fillPath('/api/v1/models/{name}', { name });
  const { next: more, ...model } = await client.request<ModelDetail>('GET', path, { query: { limit: 1_000 }, signal });
  const versions = [...model.versions];
  for (let before = more; before !== null; ) {
    const page: ModelDetail = await client.request('GET', path, { query: { limit: 1_000, before }, signal });
    versions.push(...page.versions);
    before = page.next;
  }
  return { ...model, versions };
}

function showModel(io: Io, model: Omit<ModelDetail, 'next'>): void {
  io.print(`${model.name}${model.description === null ? '' : `: ${model.description}`}`);
  const aliases = describeAliases(model);
  if (aliases !== null) io.print(`aliases: ${aliases}`);
  io.print('');
  io.printTable(
    ['version', 'aliases', 'model', 'run', 'created', 'by', 'description'],
    model.versions.map((version) => [
      `${model.name}/${version.number}`,
      version.aliases.length === 0 ? null : version.aliases.join(', '),
      version.model_id === null ? null : `model:${version.model_id}`,
      version.run === null ? null : `run:${version.run}`,
      formatTime(version.created_at),
      version.created_by,
      version.description,
    ]),
    ['version'],
  );
  const [latest] = model.versions;
  if (latest) io.note(`Deploy it: bucle endpoints deploy ENDPOINT ${model.name}/${latest.number}`);
}
