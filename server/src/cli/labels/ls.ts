import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { formatMoment, formatValue } from '../predictions/view.ts';
import { formatOutcomes, type Receipt } from './view.ts';

interface Page extends Pick<Receipt, 'received' | 'outcomes'> {
  readonly waiting: number;
  readonly labels: readonly {
    readonly ref: string | null;
    readonly key: string | null;
    readonly value: unknown;
    readonly censored: string | null;
    readonly label_time: number;
    readonly received_at: number;
    readonly joined_at: number | null;
    readonly source: string;
  }[];
  readonly next: number | null;
}

const MOST = 1_000;

export const command = defineCommand({
  summary: 'List the labels of an endpoint, newest first, and what became of all of them.',
  usage: 'ENDPOINT [--limit N] [--before N] [--waiting]',
  options: {
    limit: { type: 'string', value: 'N', meaning: `How many, up to ${MOST} (default 20).` },
    before: { type: 'string', value: 'N', meaning: 'Only older ones: what the page before told.' },
    waiting: { type: 'boolean', meaning: 'Only those that wait for their prediction.' },
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('labels ls needs one ENDPOINT.');
    const limit = Number(values.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      throw new UsageError(`--limit must be a whole number from 1 to ${MOST}.`);
    }
    const { before, waiting } = values;
    const path = fillPath('/api/v1/endpoints/{name}/labels', { name });
    const page = await io.client.request<Page>('GET', path, { query: { limit, before, waiting } });
    if (io.json) {
      io.printJson(page);
      return 0;
    }
    if (page.labels.length > 0) {
      io.printTable(
        ['prediction', 'key', 'label', 'held at', 'received', 'from'],
        page.labels.map(({ ref, key, value, censored, label_time, received_at, joined_at, source }) => [
          joined_at === null ? 'waits' : (ref?.replace('prediction:', '') ?? null),
          key,
          censored === null ? formatValue(value) : `censored: ${censored}`,
          formatMoment(label_time),
          formatMoment(received_at),
          source,
        ]),
        ['prediction'],
      );
    }
    io.note(`${formatOutcomes(page)}. ${page.waiting} wait for their prediction.`);
    if (page.next !== null) io.note(`Older ones: bucle labels ls ${name} --before ${page.next}`);
    return 0;
  },
});
