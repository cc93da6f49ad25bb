import { defineCommand } from '../command.ts';
import { describeTriggers, type PolicyView } from './view.ts';

export const command = defineCommand({
  summary: 'List policies: what they retrain, and when.',
  usage: '',
  options: {},
  async run(_input, io) {
    const { policies } = await io.client.request<{ policies: PolicyView[] }>('GET', '/api/v1/policies', {
      signal: io.signal,
    });
    if (io.json) io.printJson(policies);
    else if (policies.length === 0)
      io.note('No policies yet: name one under `policies` of bucle.yaml and run `bucle apply`.');
    else {
      io.printTable(
        ['policy', 'endpoint', 'version', 'state', 'triggers', 'cooldown'],
        policies.map(({ name, version, paused, policy }) => [
          ...[name, policy.endpoint, version, paused === null ? 'on' : `paused by ${paused.by}`],
          ...[describeTriggers(policy), policy.cooldown ?? null],
        ]),
        ['policy', 'endpoint'],
      );
    }
    return 0;
  },
});
