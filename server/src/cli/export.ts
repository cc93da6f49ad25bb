import { defineCommand } from './command.ts';

export const command = defineCommand({
  summary: 'Write the bucle.yaml of what is live; applying it changes nothing.',
  usage: '[--project NAME] > bucle.yaml',
  options: {
    project: { type: 'string', value: 'NAME', meaning: 'Only what this project owns; absent: what no other one does.' },
  },
  async run({ values: { project } }, io) {
    const response = await io.client.send('GET', '/api/v1/project/export', {
      query: { project },
      signal: io.signal,
    });
    const text = (await response.text()).replace('$schema=/', `$schema=${io.config.serverUrl}/`);
    if (io.json) io.printJson({ text });
    else io.stdout.write(text);
  },
});
