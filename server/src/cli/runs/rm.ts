import { defineCommand, UsageError } from '../command.ts';
import { plural } from '../data/format.ts';
import { moveRuns } from './move-runs.ts';

export const command = defineCommand({
  summary: 'Delete runs; they can be restored.',
  usage: 'RUN…   (ids, or their beginnings)',
  options: {},
  async run({ args }, io) {
    if (args.length === 0) throw new UsageError('runs rm needs at least one RUN.');
    const ids = await moveRuns(io, args, 'delete');
    if (io.json) io.printJson(ids.map((run_id) => ({ run_id, lifecycle_stage: 'deleted' })));
    else io.note(`Deleted ${plural(ids.length, 'run')}. Bring back: bucle runs restore ${ids.join(' ')}`);
    return 0;
  },
});
