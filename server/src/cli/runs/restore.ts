import { defineCommand, UsageError } from '../command.ts';
import { plural } from '../data/format.ts';
import { moveRuns } from './move-runs.ts';

export const command = defineCommand({
  summary: 'Bring deleted runs back.',
  usage: 'RUN…   (ids, or their beginnings)',
  options: {},
  async run({ args }, io) {
    if (args.length === 0) {
      throw new UsageError('runs restore needs at least one RUN; the deleted: bucle runs ls --view deleted.');
    }
    const ids = await moveRuns(io, args, 'restore');
    if (io.json) io.printJson(ids.map((run_id) => ({ run_id, lifecycle_stage: 'active' })));
    else io.note(`Restored ${plural(ids.length, 'run')}.`);
    return 0;
  },
});
