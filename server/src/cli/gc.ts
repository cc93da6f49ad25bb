import { defineCommand, type Io, UsageError } from './command.ts';

interface Purged {
  readonly runs: readonly string[];
  readonly experiments: readonly string[];
  readonly logged_models: readonly string[];
}

interface PurgePage extends Purged {
  readonly more: boolean;
}

type Request = Partial<Purged> & { readonly older_than?: string; readonly dry_run: boolean; readonly force: boolean };

/** What one call takes. */
const AT_ONCE = 100;

export const command = defineCommand({
  summary: 'Remove for good what was deleted: runs, experiments with all that is in them, logged models, their files.',
  usage: '[--older-than 30d] [--run-ids IDS] [--experiment-ids IDS] [--logged-model-ids IDS] [--force] [--dry-run]',
  options: {
    'older-than': { type: 'string', value: 'DURATION', meaning: 'Only what was deleted so long ago: 30d, 12h (0s).' },
    'run-ids': { type: 'string', value: 'IDS', meaning: 'Only these runs, separated by commas.' },
    'experiment-ids': { type: 'string', value: 'IDS', meaning: 'Only these experiments, separated by commas.' },
    'logged-model-ids': { type: 'string', value: 'IDS', meaning: 'Only these logged models, separated by commas.' },
    force: { type: 'boolean', meaning: 'Also what registered model versions are made of: they lose their files.' },
    'dry-run': { type: 'boolean', meaning: 'Say what would go; remove nothing.' },
  },
  async run({ values }, io) {
    const olderThan = values['older-than'];
    const rest = {
      ...(olderThan === undefined ? {} : { older_than: olderThan }),
      dry_run: values['dry-run'] === true,
      force: values.force === true,
    };
    const requests = [
      ...chunk(values['run-ids'], '--run-ids').map((runs) => ({ runs })),
      ...chunk(values['logged-model-ids'], '--logged-model-ids').map((logged_models) => ({ logged_models })),
      ...chunk(values['experiment-ids'], '--experiment-ids').map((experiments) => ({ experiments })),
    ];
    const purged = { runs: new Set<string>(), experiments: new Set<string>(), logged_models: new Set<string>() };
    for (const only of requests.length === 0 ? [{}] : requests) {
      for await (const page of pages(io, { ...only, ...rest })) {
        for (const kind of ['runs', 'experiments', 'logged_models'] as const) {
          for (const id of page[kind]) purged[kind].add(id);
        }
      }
    }
    show(io, purged, rest.dry_run);
    return 0;
  },
});

async function* pages({ client, signal }: Io, json: Request): AsyncGenerator<PurgePage> {
  for (;;) {
    const page = await client.request<PurgePage>('POST', '/api/v1/purges', { json, signal });
    yield page;
    if (!page.more || json.dry_run) return;
  }
}

type Sets = Readonly<Record<keyof Purged, ReadonlySet<string>>>;

function show(io: Io, purged: Sets, isDry: boolean): void {
  const lists = Object.entries(purged).map(([kind, ids]) => [kind, [...ids]] as const);
  if (io.json) {
    io.printJson({ dry_run: isDry, ...Object.fromEntries(lists) });
    return;
  }
  const rows = lists.flatMap(([kind, ids]) => ids.map((id) => [kind.replaceAll('_', ' ').replace(/s$/, ''), id]));
  io.printTable(['what', 'id'], rows, ['id']);
  const counts = lists.map(([kind, ids]) => `${ids.length} ${kind.replaceAll('_', ' ')}`).join(', ');
  io.note(isDry ? `Would go: ${counts}. Nothing was removed: --dry-run.` : `Removed for good: ${counts}.`);
}

function chunk(text: string | undefined, flag: string): string[][] {
  if (text === undefined) return [];
  const ids = [...new Set(text.split(',').map((id) => id.trim()))].filter((id) => id !== '');
  if (ids.length === 0) throw new UsageError(`${flag} takes ids, separated by commas.`);
  const chunks: string[][] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) chunks.push(ids.slice(from, from + AT_ONCE));
  return chunks;
}
