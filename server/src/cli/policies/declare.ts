import { defineCommand, UsageError } from '../command.ts';
import { readPolicies } from './read-policies.ts';
import { describeTriggers, type PolicyView, policyPath } from './view.ts';

export const command = defineCommand({
  summary: 'Make or change the policies of a YAML or JSON file; the same again changes nothing.',
  usage: 'FILE',
  options: {},
  async run({ args }, io) {
    const [path] = args;
    if (path === undefined || args.length !== 1) throw new UsageError('policies declare needs one FILE.');
    const declared: PolicyView[] = [];
    for (const [name, json] of Object.entries(await readPolicies(io, path))) {
      declared.push(await io.client.request<PolicyView>('PUT', policyPath(name), { json, signal: io.signal }));
    }
    if (io.json) io.printJson(declared);
    for (const { name, version, policy } of declared) {
      io.note(`${name} is version ${version}: ${describeTriggers(policy)}`);
    }
    return 0;
  },
});
