import { defineCommand, type Io, UsageError } from '../command.ts';
import { plural } from '../data/format.ts';
import { policyCliErrors } from './errors.ts';
import { readPolicies } from './read-policies.ts';
import { policyPath } from './view.ts';

interface Moment {
  readonly verdict: string;
  readonly summary: string;
  readonly times: number;
  readonly first_event_time: number | null;
  readonly last_event_time: number | null;
  readonly really: { readonly number: number; readonly outcome: string | null } | null;
}

interface Backtest {
  readonly events: number;
  readonly checks: Readonly<Record<string, number>>;
  readonly moments: readonly Moment[];
  readonly missed: readonly { readonly firing: string; readonly number: number }[];
}

export const command = defineCommand({
  summary: 'Replay a policy over what is recorded: when it would have fired, when not, and what really happened.',
  usage: 'NAME [FILE] [--all]',
  options: { all: { type: 'boolean', meaning: 'Also the moments at which no trigger wanted it.' } },
  async run({ values, args }, io) {
    const [name, path] = args;
    if (name === undefined || args.length > 2)
      throw new UsageError('policies backtest needs one NAME, and may have a FILE.');
    const json = path === undefined ? {} : { policy: await policyOf(io, name, path) };
    const told = await io.client.request<Backtest>('POST', policyPath(name, '/backtest'), { json, signal: io.signal });
    if (io.json) io.printJson(told);
    else show(io, told, values.all ?? false);
    return 0;
  },
});

async function policyOf(io: Io, name: string, path: string): Promise<unknown> {
  const policies = await readPolicies(io, path, name);
  if (Object.hasOwn(policies, name)) return policies[name];
  throw policyCliErrors.NOT_IN_FILE({ path, name, known: Object.keys(policies) });
}

function show(io: Io, { moments, missed, events, checks }: Backtest, all: boolean): void {
  const shown = moments.filter(({ verdict }) => all || verdict !== 'idle');
  if (shown.length > 0) {
    io.printTable(
      ['event time', 'would', 'looks', 'really', 'why'],
      shown.map((one) => [spanOf(one), one.verdict, one.times, reallyOf(one), one.summary]),
      ['event time'],
    );
  }
  for (const { number, firing } of missed)
    io.note(`It would not have started firing ${number} (${firing}), which took place.`);
  const [fired, held] = [checks['fire'] ?? 0, checks['hold'] ?? 0];
  io.note(
    `${plural(events, 'event')}: it would have fired ${plural(fired, 'time')}, and held back ${plural(held, 'time')}.`,
  );
}

function spanOf({ first_event_time: first, last_event_time: last }: Moment): string | null {
  if (first === null || last === null) return null;
  const [from, until] = [dayOf(first), dayOf(last)];
  return from === until ? from : `${from}…${until}`;
}

function reallyOf({ really }: Moment): string | null {
  return really === null ? null : `firing ${really.number}: ${(really.outcome ?? 'under way').replace('_', ' ')}`;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
