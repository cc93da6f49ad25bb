import { defineCommand, type Io, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { describeFiring, type FiringView, getFiring } from '../policies/view.ts';

export const command = defineCommand({
  summary: 'Show a firing: why, on what data, and what came of it.',
  usage: 'FIRING',
  options: {},
  async run({ args }, io) {
    const [id] = args;
    if (id === undefined || args.length !== 1) throw new UsageError('firings show needs one FIRING.');
    const firing = await getFiring(io, id);
    if (io.json) io.printJson(firing);
    else show(io, firing);
    return 0;
  },
});

function show(io: Io, firing: FiringView): void {
  io.print(describeFiring(firing));
  const { training, new_rows, holdout, holdout_rows } = firing;
  const lines: readonly (readonly [string, string | null])[] = [
    ['because', firing.because.join('; ')],
    ['event time', firing.event_time === null ? null : formatTime(firing.event_time)],
    ['training', training && `${training}${new_rows === null ? '' : ` (${new_rows} new captured rows)`}`],
    ['holdout', holdout && `${holdout}${holdout_rows === null ? '' : ` (${holdout_rows} rows)`}`],
    ['job', firing.job],
    ['candidate', firing.version],
    ['champion', firing.champion],
    ['decision', firing.decision],
    ['rollout', firing.rollout],
    ['next', firing.next],
  ];
  for (const [what, text] of lines) if (text !== null) io.print(`${what.padEnd(10)} ${text}`);
}
