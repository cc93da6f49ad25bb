import { defineCommand, exitCodes } from './command.ts';
import { codeOptions, readProjectFile, sendCode } from './project/read-file.ts';
import { countChanges, type Plan, showPlan } from './project/show-plan.ts';

export const command = defineCommand({
  summary: 'Show what `bucle apply` would change, and what others changed since the last one; changes nothing.',
  usage: '[-f FILE] [--exit-code]',
  options: {
    ...codeOptions,
    'exit-code': {
      type: 'boolean',
      meaning: 'Exit with 2 when there is anything to change, with 3 when it is refused.',
    },
  },
  async run({ values }, io) {
    const read = await readProjectFile(io, values.file);
    const { file, text } = read;
    await io.client.request('POST', '/api/v1/project/plan', { json: { file, text }, signal: io.signal });
    const json = { file, text, ...(await sendCode(io, read, values['allow-secret'] ?? [])) };
    const plan = await io.client.request<Plan>('POST', '/api/v1/project/plan', { json, signal: io.signal });
    if (io.json) io.printJson(plan);
    else showPlan(io, plan);
    const changes = countChanges(plan);
    if (changes > 0) io.note(`Do exactly this: bucle apply --plan ${plan.id}`);
    if (values['exit-code'] !== true) return exitCodes.ok;
    if (plan.counts.refused > 0) return exitCodes.saidNo;
    return changes > 0 ? exitCodes.changes : exitCodes.ok;
  },
});
