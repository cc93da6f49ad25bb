import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { formatFeatures, formatMoment, formatValue, type PredictedRow, type PredictionRequest } from './view.ts';

interface Page {
  readonly predictions: readonly (PredictionRequest & { readonly first_row: PredictedRow | null })[];
  readonly next: string | null;
}

const MOST = 200;

export const command = defineCommand({
  summary: 'List the captured predictions of an endpoint, newest first.',
  usage: 'ENDPOINT [--limit N] [--before ID]',
  options: {
    limit: { type: 'string', value: 'N', meaning: `How many requests, up to ${MOST} (default 20).` },
    before: { type: 'string', value: 'ID', meaning: 'Only requests older than this one.' },
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('predictions ls needs one ENDPOINT.');
    const limit = Number(values.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      throw new UsageError(`--limit must be a whole number from 1 to ${MOST}.`);
    }
    const path = fillPath('/api/v1/endpoints/{name}/predictions', { name });
    const page = await io.client.request<Page>('GET', path, { query: { limit, before: values.before } });
    if (io.json) io.printJson(page);
    else if (page.predictions.length === 0) io.note(`Nothing was captured of ${name} yet.`);
    else {
      io.printTable(
        ['id', 'received', 'version', 'rows', 'output', 'features'],
        page.predictions.map(({ id, received_at, version, row_count, first_row }) => [
          id,
          formatMoment(received_at),
          version.replace(/^version:/, ''),
          row_count,
          first_row && formatValue(first_row.output),
          first_row && formatFeatures(first_row.features),
        ]),
        ['id'],
      );
      if (page.next !== null) io.note(`Older ones: bucle predictions ls ${name} --before ${page.next}`);
    }
    return 0;
  },
});
