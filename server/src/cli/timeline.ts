import { defineCommand, type Io, UsageError } from './command.ts';
import { formatTime } from './data/format.ts';
import { parseMoment } from './moment.ts';

interface TimelineEvent {
  readonly recorded_at: number;
  readonly event_time: number;
  readonly text: string;
  readonly actor: string;
  readonly cause: { readonly text: string | null } | null;
}

interface Page {
  readonly events: readonly TimelineEvent[];
  readonly next: string | null;
}

const CLOCKS: readonly string[] = ['recorded', 'event'];
const PAGE = 1_000;
const MOST = 100_000;

export const command = defineCommand({
  summary: 'Show what happened, in order, and what led to it.',
  usage: '[--endpoint NAME] [--since 1d|TIME] [--until TIME] [--limit N]',
  options: {
    endpoint: { type: 'string', value: 'NAME', meaning: 'All that belongs to this endpoint.' },
    subject: { type: 'string', value: 'REF', meaning: 'Only what happened to this: job:ID, dataset:NAME@N.' },
    types: { type: 'string', value: 'TYPES', meaning: 'Only these, by comma: alert.opened,rollout.promoted.' },
    since: { type: 'string', value: 'TIME', meaning: 'From 30m, 12h or 1d ago, or from an ISO 8601 time on.' },
    until: { type: 'string', value: 'TIME', meaning: 'Up to then.' },
    clock: {
      type: 'string',
      value: 'CLOCK',
      meaning: 'recorded: when it was stored (default); event: the users’ world.',
    },
    limit: { type: 'string', value: 'N', meaning: 'The newest N; 50 when absent.' },
    all: { type: 'boolean', meaning: 'Also every batch of predictions and labels.' },
  },
  async run({ values, args }, io) {
    if (args.length > 0) throw new UsageError(`timeline takes no ${args[0]}; name it by --endpoint or --subject.`);
    const { endpoint, subject, types, since, until, clock = 'recorded', all } = values;
    if (!CLOCKS.includes(clock)) throw new UsageError(`--clock is ${clock}, but it must be recorded or event.`);
    const limit = parseLimit(values.limit);
    const query = {
      ...{ endpoint, subject, types, clock, all },
      since: since === undefined ? undefined : parseMoment(since, '--since'),
      until: until === undefined ? undefined : parseMoment(until, '--until'),
    };
    const { events, isWhole } = await readNewest(io, query, limit);
    if (io.json) io.printJson(events);
    else {
      if (events.length === 0) io.note('Nothing happened.');
      for (const event of events) io.print(line(event, clock));
      if (!isWhole) io.note(`These are the newest ${events.length}; --limit N shows more.`);
    }
    return 0;
  },
});

function parseLimit(text = '50'): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new UsageError(`--limit is ${text}, but it must be a whole number from 1 to ${MOST}.`);
}

/** Oldest first. */
async function readNewest(
  io: Pick<Io, 'client' | 'signal'>,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  limit: number,
): Promise<{ readonly events: readonly TimelineEvent[]; readonly isWhole: boolean }> {
  const events: TimelineEvent[] = [];
  let after: string | undefined;
  do {
    const page: Page = await io.client.request<Page>('GET', '/api/v1/timeline', {
      query: { ...query, after, limit: Math.min(PAGE, limit - events.length) },
      signal: io.signal,
    });
    events.push(...page.events);
    after = page.next ?? undefined;
  } while (after !== undefined && events.length < limit);
  return { events: events.reverse(), isWhole: after === undefined };
}

function line({ recorded_at, event_time, text, actor, cause }: TimelineEvent, clock: string): string {
  const why = cause?.text ? `  ← ${cause.text}` : `  ← ${actor}`;
  return clean(`${formatTime(clock === 'event' ? event_time : recorded_at)}  ${text}${why}`);
}

// Control characters in names must not move somebody's cursor.
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
