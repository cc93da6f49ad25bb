import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatCount, formatTime } from '../data/format.ts';
import { findRollout } from './find-rollout.ts';
import { describeRollout, type Rollout } from './view.ts';

export const command = defineCommand({
  summary: 'Show a rollout: its steps, why it stays or ended, and what each guard says.',
  usage: 'ROLLOUT|ENDPOINT',
  options: {},
  async run({ args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('rollouts show needs one ROLLOUT or ENDPOINT.');
    const rollout = await findRollout(io, word);
    if (io.json) io.printJson(rollout);
    else showRollout(io, rollout);
    return 0;
  },
});

function showRollout(io: Io, rollout: Rollout): void {
  const { id, endpoint, decision, actor, previous, candidate, requests, faults, step, waived } = rollout;
  io.print(describeRollout(rollout));
  const facts: [string, string | null][] = [
    ['rollout', `rollout:${id}`],
    ['endpoint', endpoint],
    ['decision', `decision:${decision}`],
    ['candidate', candidate],
    ['previous', previous],
    ['started', `${formatTime(rollout.created_at)} by ${actor}`],
    ['ended', rollout.ended_at === null ? null : formatTime(rollout.ended_at)],
    ['requests', `${formatCount(requests.canary)} by it in this step, ${formatCount(requests.baseline)} by the others`],
    ['faults', `${formatCount(faults.canary)} and ${formatCount(faults.baseline)}`],
    ['overruled', waived.length === 0 ? null : waived.join(', ')],
  ];
  for (const [label, value] of facts) if (value !== null) io.print(`${`${label}:`.padEnd(12)} ${value}`);
  io.print('');
  io.printTable(
    ['step', 'percent', 'at least', 'requests', 'now'],
    rollout.plan.steps.map((one, at) => [
      at + 1,
      `${one.percent} %`,
      `${one.min_seconds} s`,
      one.min_requests,
      at === step && rollout.open ? rollout.state : at < step || rollout.state === 'promoted' ? 'done' : null,
    ]),
  );
  for (const [guard, says] of Object.entries(rollout.guards)) io.print(`${guard}: ${says}`);
  if (rollout.open) io.note(`  next: bucle rollouts watch ${id}`);
}
