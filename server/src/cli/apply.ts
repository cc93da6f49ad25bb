import { defineCommand } from './command.ts';
import { codeOptions, readProjectFile, sendCode } from './project/read-file.ts';
import { type Plan, showPlan } from './project/show-plan.ts';

export const command = defineCommand({
  summary: 'Make what is live what bucle.yaml says, its folder being the code of its jobs; again it changes nothing.',
  usage: '[-f FILE] [--plan ID] [--allow-traffic-loss]',
  options: {
    ...codeOptions,
    plan: { type: 'string', value: 'ID', meaning: 'Do only what this plan of `bucle plan` said; else exit with 6.' },
    'allow-traffic-loss': { type: 'boolean', meaning: 'Also take away endpoints that have traffic.' },
  },
  async run({ values }, io) {
    const read = await readProjectFile(io, values.file);
    const { file, text } = read;
    // What is wrong in the file is said before anything is sent.
    await io.client.request('POST', '/api/v1/project/plan', { json: { file, text }, signal: io.signal });
    const json = {
      ...{ file, text, ...(await sendCode(io, read, values['allow-secret'] ?? [])) },
      ...(values.plan === undefined ? {} : { plan: values.plan }),
      allow_traffic_loss: values['allow-traffic-loss'] ?? false,
    };
    const applied = await io.client.request<{ plan: Plan; done: readonly string[] }>('POST', '/api/v1/project/apply', {
      json,
      signal: io.signal,
    });
    if (io.json) io.printJson(applied);
    else showPlan(io, applied.plan);
    const count = applied.done.length;
    io.note(count === 0 ? 'Nothing was changed.' : `Applied: ${count} ${count === 1 ? 'change' : 'changes'}.`);
  },
});
