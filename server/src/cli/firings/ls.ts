import { defineCommand } from '../command.ts';
import { formatTime } from '../data/format.ts';
import type { FiringView } from '../policies/view.ts';

export const command = defineCommand({
  summary: 'List firings, newest first, with what came of them.',
  usage: '[--policy NAME] [--open]',
  options: {
    policy: { type: 'string', value: 'NAME', meaning: 'Only those of this policy.' },
    open: { type: 'boolean', meaning: 'Only those that are not done.' },
  },
  async run({ values: { policy, open } }, io) {
    const { firings } = await io.client.request<{ firings: FiringView[] }>('GET', '/api/v1/firings', {
      query: { policy, open, limit: 100 },
      signal: io.signal,
    });
    if (io.json) io.printJson(firings);
    else if (firings.length === 0) io.note('No firings.');
    else {
      io.printTable(
        ['firing', 'policy', 'number', 'event time', 'state', 'version', 'what'],
        firings.map((one) => [
          ...[one.id, one.policy, one.number, one.event_time === null ? null : formatTime(one.event_time)],
          ...[one.outcome ?? one.state, one.version, one.summary ?? one.progress],
        ]),
        ['firing', 'policy'],
      );
    }
    return 0;
  },
});
