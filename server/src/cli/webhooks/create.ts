import { defineCommand, UsageError } from '../command.ts';
import type { WebhookView } from './view.ts';

export const command = defineCommand({
  summary: 'Tell a URL of events from now on, as signed CloudEvents; the secret is shown once.',
  usage: 'NAME URL --events TYPE…',
  options: {
    events: {
      type: 'string',
      value: 'TYPE',
      multiple: true,
      meaning: "A type like alert.opened, a group like 'alert.*', or '*'; several by commas or by saying it again.",
    },
  },
  async run({ values, args }, io) {
    const [name, url] = args;
    const events = (values.events ?? []).flatMap((text) => text.split(',')).filter((text) => text !== '');
    if (name === undefined || url === undefined || args.length !== 2 || events.length === 0) {
      throw new UsageError("webhooks create needs a NAME, a URL and --events, such as --events 'alert.*'.");
    }
    const json = { name, url, events };
    const webhook = await io.client.request<WebhookView & { secret: string }>('POST', '/api/v1/webhooks', { json });
    if (io.json) io.printJson(webhook);
    else io.print(webhook.secret);
    io.note('Keep it: it is not shown again. The receiver checks webhook-signature with it (Standard Webhooks).');
    io.note(`Try it: bucle webhooks test ${name}`);
    return 0;
  },
});
