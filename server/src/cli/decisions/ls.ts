import { defineCommand, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import type { DecisionSummary } from './view.ts';

export const command = defineCommand({
  summary: 'List decisions about versions, the newest first.',
  usage: '[--endpoint NAME] [--limit N]',
  options: {
    endpoint: { type: 'string', value: 'NAME', meaning: 'Only those about this endpoint.' },
    limit: { type: 'string', value: 'N', meaning: 'How many (50).' },
  },
  async run({ values: { endpoint, limit = '50' } }, io) {
    if (!/^[1-9]\d{0,2}$/.test(limit)) throw new UsageError('--limit must be between 1 and 999.');
    const subject = endpoint === undefined ? undefined : `endpoint:${endpoint}`;
    const { decisions, next } = await io.client.request<{ decisions: DecisionSummary[]; next: string | null }>(
      'GET',
      '/api/v1/decisions',
      { query: { subject, limit: Number(limit) }, signal: io.signal },
    );
    if (io.json) io.printJson(decisions);
    else if (decisions.length === 0) {
      io.note('No decisions: `bucle evaluate VERSION --endpoint NAME --dataset DATASET` asks for one.');
    } else {
      io.printTable(
        ['decision', 'kind', 'verdict', 'made', 'headline'],
        decisions.map(({ id, kind, state, verdict, created_at, made_at, headline }) => [
          id,
          kind,
          verdict ?? state,
          formatTime(made_at ?? created_at),
          headline,
        ]),
        ['decision', 'verdict'],
      );
      if (next !== null) io.note('There are more: --limit N.');
    }
    return 0;
  },
});
