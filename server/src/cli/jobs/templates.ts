import { defineCommand } from '../command.ts';
import { formatCommand } from './job.ts';

interface Template {
  readonly name: string;
  readonly command: readonly string[];
  readonly inputs: Readonly<Record<string, string>>;
  readonly snapshot: string;
  readonly revision: number;
  readonly changed_by: string;
}

export const command = defineCommand({
  summary: 'List the jobs that bucle.yaml declares: `bucle jobs run --template NAME` runs one.',
  usage: '',
  options: {},
  async run(_input, io) {
    const page = await io.client.request<{ templates: readonly Template[] }>('GET', '/api/v1/job-templates', {
      signal: io.signal,
    });
    if (io.json) {
      io.printJson(page);
      return;
    }
    io.printTable(
      ['NAME', 'COMMAND', 'INPUTS', 'CODE', 'REVISION', 'CHANGED BY'],
      page.templates.map(({ name, command: words, inputs, snapshot, revision, changed_by: who }) => [
        name,
        formatCommand(words),
        Object.entries(inputs)
          .map(([input, dataset]) => `${input}=${dataset}`)
          .join(' '),
        snapshot.slice(0, 12),
        revision,
        who,
      ]),
      ['NAME'],
    );
    if (page.templates.length === 0) io.note('None yet: name one under `jobs` of bucle.yaml and run `bucle apply`.');
  },
});
