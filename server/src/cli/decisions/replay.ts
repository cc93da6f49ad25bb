import { fillPath } from '@bucle/client';
import { defineCommand, exitCodes, UsageError } from '../command.ts';
import { getDecision } from './view.ts';

interface Replay {
  readonly identical: boolean;
  readonly verdict: { readonly recorded: string | null; readonly again: string };
  readonly headline: string;
  readonly differences: readonly { readonly path: string; readonly recorded: string; readonly again: string }[];
}

export const command = defineCommand({
  summary: 'Make a decision again from its inputs, and compare; exits with 3 when it comes to something else.',
  usage: 'DECISION',
  options: {},
  async run({ args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('decisions replay needs one DECISION.');
    const { id } = await getDecision(io, word);
    io.note('scoring the same rows with the same versions again');
    const path = fillPath('/api/v1/decisions/{decision}/replay', { decision: id });
    const replay = await io.client.request<Replay>('POST', path, { signal: io.signal });
    if (io.json) io.printJson(replay);
    else if (replay.identical) {
      io.print(`identical: ${replay.verdict.again}`);
      io.print(replay.headline);
    } else {
      io.print(`different: it was ${replay.verdict.recorded ?? 'nothing'}, and is ${replay.verdict.again} now`);
      io.printTable(
        ['what', 'recorded', 'again'],
        replay.differences.map(({ path: what, recorded, again }) => [what, recorded, again]),
      );
    }
    return replay.identical ? exitCodes.ok : exitCodes.saidNo;
  },
});
