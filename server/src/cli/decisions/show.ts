import { defineCommand, UsageError } from '../command.ts';
import { getDecision, printDecision } from './view.ts';

export const command = defineCommand({
  summary: 'Show a decision: the verdict, its reasons and its evidence.',
  usage: 'DECISION',
  options: {},
  async run({ args }, io) {
    const [id] = args;
    if (id === undefined || args.length !== 1) throw new UsageError('decisions show needs one DECISION.');
    const decision = await getDecision(io, id);
    if (io.json) io.printJson(decision);
    else printDecision(io, decision);
    return 0;
  },
});
