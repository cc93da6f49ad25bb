import { defineCommand, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { describeTriggers, type PolicyView, policyPath } from './view.ts';

interface Detail extends PolicyView {
  readonly versions: readonly { readonly version: number; readonly changed_at: number; readonly changed_by: string }[];
}

export const command = defineCommand({
  summary: 'Show a policy: what it says now, and who said what before.',
  usage: 'NAME',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('policies show needs one NAME.');
    const detail = await io.client.request<Detail>('GET', policyPath(name), { signal: io.signal });
    if (io.json) io.printJson(detail);
    else {
      const { policy, version, paused } = detail;
      io.print(`${name}, version ${version}, of the endpoint ${policy.endpoint}`);
      if (paused !== null) io.print(`paused by ${paused.by}: ${paused.reason}`);
      io.print(`when     ${describeTriggers(policy)}; cooldown ${policy.cooldown ?? '0s'}`);
      io.print(
        `budget   ${policy.budget?.firings_per_year} firings a year; ${policy.budget?.rejections_in_a_row} rejections in a row pause it`,
      );
      io.print(
        `data     ${Object.entries(policy.data)
          .map(([key, value]) => `${key}: ${value}`)
          .join(', ')}`,
      );
      io.print(
        `then     job ${policy.job} (input ${policy.input}), gate ${policy.gate ?? 'default'}, rollout ${policy.rollout?.steps.join(' → ') ?? 'default'}`,
      );
      io.print('');
      io.printTable(
        ['version', 'changed', 'by'],
        detail.versions.map((one) => [one.version, formatTime(one.changed_at), one.changed_by]),
      );
    }
    return 0;
  },
});
