import type { Context } from '../../context.ts';
import type { StoredEvent } from '../../platform/events/events.ts';
import {
  type EventPlace,
  findEvents,
  readTimeline as readEvents,
  type ScopedEvent,
  timeOf,
} from '../../platform/events/timeline.store.ts';
import { tellCause, tellEvent } from './sentence.ts';
import { nameThing } from './thing.ts';
import type { TimelineEvent, TimelinePage, TimelineQuery } from './timeline.schema.ts';

const ENDPOINT = 'endpoint:';
/** What is left out by type is read all the same: so many events at most for one page. */
const MOST_READ = 4_000;
const READ_AT_ONCE = 1_000;

type Parts = Pick<Context, 'db'>;

/** What happened, one sentence each, with what led to it. */
export async function readTimeline(parts: Parts, query: TimelineQuery): Promise<TimelinePage> {
  const { events, next } = await readPage(parts, query);
  const causes = await causesOf(parts, events);
  return { events: events.map((event) => toTimelineEvent(event, causes)), next };
}

async function readPage(
  { db }: Parts,
  query: TimelineQuery,
): Promise<{ readonly events: readonly ScopedEvent[]; readonly next: string | null }> {
  const { clock, limit } = query;
  const fits = filterOf(query);
  const size = fits === null ? limit : READ_AT_ONCE;
  const selection = selectionOf(query);
  const found: ScopedEvent[] = [];
  let after = query.after === undefined ? undefined : parsePlace(query.after);
  for (let read = 0; read < MOST_READ; read += size) {
    const events = await readEvents(db.read, { ...selection, after, limit: size });
    for (const event of events) {
      after = { time: timeOf(event, clock), seq: event.seq };
      if (fits === null || fits(event)) found.push(event);
      if (found.length === limit) return { events: found, next: formatPlace(after) };
    }
    if (events.length < size) return { events: found, next: null };
  }
  return { events: found, next: after === undefined ? null : formatPlace(after) };
}

function selectionOf({ clock, endpoint, subject, since, until, order, all }: TimelineQuery) {
  // An endpoint has very many events of its own; as a scope they are found in order.
  const isScope = subject?.startsWith(ENDPOINT) === true;
  const scope = endpoint === undefined ? undefined : ENDPOINT + endpoint;
  return {
    ...{ clock, since, until, all, oldestFirst: order === 'oldest' },
    scope: scope ?? (isScope ? subject : undefined),
    subject: isScope ? undefined : subject,
  };
}

/** What of the asked the database does not select; null: nothing. */
function filterOf({ subject, types }: TimelineQuery): ((event: ScopedEvent) => boolean) | null {
  const wanted = types === undefined ? null : new Set(types.split(',').map((type) => type.trim()));
  const about = subject?.startsWith(ENDPOINT) ? subject : null;
  if (wanted === null && about === null) return null;
  return (event) => (wanted === null || wanted.has(event.type)) && (about === null || event.subject === about);
}

async function causesOf({ db }: Parts, events: readonly StoredEvent[]): Promise<ReadonlyMap<string, StoredEvent>> {
  const ids = new Set(events.flatMap(({ cause }) => (cause === null || cause.includes(':') ? [] : [cause])));
  const found: StoredEvent[] = [];
  const all = [...ids];
  for (let at = 0; at < all.length; at += 500) found.push(...(await findEvents(db.read, all.slice(at, at + 500))));
  return new Map(found.map((event) => [event.id, event]));
}

function toTimelineEvent(event: ScopedEvent, causes: ReadonlyMap<string, StoredEvent>): TimelineEvent {
  const { seq, id, type, subject, scope, actor, recordedAt, eventTime, data } = event;
  return {
    ...{ seq, id, type, subject, actor, recorded_at: recordedAt, event_time: eventTime },
    endpoint: scope?.startsWith(ENDPOINT) ? scope.slice(ENDPOINT.length) : null,
    text: tellEvent(event),
    cause: toCause(event, causes),
    data: { ...data },
  };
}

function toCause({ cause, actor }: StoredEvent, causes: ReadonlyMap<string, StoredEvent>): TimelineEvent['cause'] {
  if (cause === null) return null;
  const event = causes.get(cause);
  if (event) return { ref: cause, type: event.type, subject: event.subject, text: tellCause(event) };
  if (cause.startsWith('request:')) return { ref: cause, type: null, subject: null, text: `${actor} asked for it` };
  return { ref: cause, type: null, subject: null, text: cause.includes(':') ? `of ${nameThing(cause)}` : null };
}

function parsePlace(text: string): EventPlace {
  const at = text.lastIndexOf('.');
  return { time: Number(text.slice(0, at)), seq: Number(text.slice(at + 1)) };
}

function formatPlace({ time, seq }: EventPlace): string {
  return `${time}.${seq}`;
}
