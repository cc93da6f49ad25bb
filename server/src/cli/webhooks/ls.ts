import { defineCommand } from '../command.ts';
import type { WebhookView } from './view.ts';

export const command = defineCommand({
  summary: 'List webhooks.',
  usage: '',
  options: {},
  async run(_input, io) {
    const { webhooks } = await io.client.request<{ webhooks: WebhookView[] }>('GET', '/api/v1/webhooks');
    if (io.json) io.printJson(webhooks);
    else if (webhooks.length === 0) io.note("No webhooks yet: bucle webhooks create NAME URL --events 'alert.*'");
    else {
      io.printTable(
        ['name', 'events', 'state', 'url', 'by'],
        webhooks.map(({ name, events, active, url, created_by }) => [
          name,
          events.join(','),
          active ? 'active' : 'paused',
          url,
          created_by,
        ]),
        ['name'],
      );
    }
    return 0;
  },
});
