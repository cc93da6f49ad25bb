import type { Value } from '../../../engines/values.ts';
import type { EventTime } from '../../deploy/index.ts';
import { serveErrors } from '../errors.ts';
import type { GivenInput } from './adapt-input.ts';
import { columnOf } from './declared-columns.ts';

/** The header that callers may use where the endpoint declares nothing else. */
const EVENT_TIME_HEADER = 'bucle-event-time';

export interface TimedRequest {
  readonly header: (name: string) => string | undefined;
  readonly input: GivenInput;
  /** Milliseconds; what holds when nobody said. */
  readonly receivedAt: number;
}

export interface EventTimes {
  /** Of the first row. */
  readonly eventTime: number;
  /** One per row, when the time is a column. */
  readonly eventTimes: readonly number[] | null;
}

/**
 * When it happened in the users' world, in milliseconds: by the feature or header that the endpoint declares,
 * else by `Bucle-Event-Time`, else the time of receipt. @throws SERVE_REQUEST_INVALID
 */
export function eventTimesOf(declared: EventTime, { header, input, receivedAt }: TimedRequest): EventTimes {
  const values = declared.feature === null ? null : columnOf(input, declared.feature);
  if (values !== null) {
    const eventTimes = values.map((value) => toTime(value) ?? receivedAt);
    return { eventTime: eventTimes[0] ?? receivedAt, eventTimes };
  }
  const name = declared.header?.toLowerCase() ?? EVENT_TIME_HEADER;
  const text = header(name);
  if (text === undefined || text === '') return { eventTime: receivedAt, eventTimes: null };
  const time = toTime(text);
  if (time === null) {
    throw serveErrors.REQUEST_INVALID({
      problem: `The header ${name} must be a time: ISO 8601 with its zone, or milliseconds since 1970.`,
    });
  }
  return { eventTime: time, eventTimes: null };
}

const ISO = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
/** What a `Date` can hold. */
const LIMIT_MS = 8.64e15;

/** Text without a zone is UTC; a number is milliseconds. */
function toTime(value: Value): number | null {
  if (typeof value === 'number' || typeof value === 'bigint') return within(Number(value));
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^-?\d{1,16}$/.test(text) && text.length > 8) return within(Number(text));
  if (!ISO.test(text)) return null;
  const iso = text.replace(' ', 'T');
  const zoned = iso.length > 10 && !/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? `${iso}Z` : iso;
  return within(Date.parse(zoned));
}

function within(time: number): number | null {
  return Number.isFinite(time) && Math.abs(time) <= LIMIT_MS ? Math.round(time) : null;
}
