import { defineCommand, type Io } from '../command.ts';
import { formatBytes, formatTime } from './format.ts';
import { shortRef, type Version } from './version.ts';

interface Dataset {
  readonly name: string;
  readonly versions: number;
  readonly latest: Version;
}

export const command = defineCommand({
  summary: 'List datasets, each with its latest version.',
  usage: '',
  options: {},
  async run(_input, io) {
    const datasets = await listDatasets(io);
    if (io.json) io.printJson(datasets);
    else if (datasets.length === 0) io.note('No datasets yet: `bucle data push NAME PATH` makes one.');
    else {
      io.printTable(
        ['dataset', 'latest', 'versions', 'rows', 'files', 'size', 'created', 'message'],
        datasets.map(({ name, versions, latest }) => [
          name,
          shortRef(latest),
          versions,
          latest.rows,
          latest.files,
          formatBytes(latest.bytes),
          formatTime(latest.created_at),
          latest.message,
        ]),
        ['latest', 'created'],
      );
    }
    return 0;
  },
});

async function listDatasets({ client, signal }: Io): Promise<Dataset[]> {
  const all: Dataset[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: { datasets: Dataset[]; next: string | null } = await client.request('GET', '/api/v1/datasets', {
      query: { after, limit: 1_000 },
      signal,
    });
    all.push(...page.datasets);
    after = page.next;
  }
  return all;
}
