import type { StoredEvent } from '../events/events.ts';

const SEQUENCE_DIGITS = 16;

/** The event as structured JSON of CloudEvents 1.0; the same bytes each time. `source` is the server's URL. */
export function toCloudEvent(event: StoredEvent, source: string): string {
  return JSON.stringify({
    specversion: '1.0',
    id: event.id,
    source,
    type: `dev.bucle.${event.type}`,
    subject: event.subject,
    time: new Date(event.recordedAt).toISOString(),
    datacontenttype: 'application/json',
    // Sorts as text in the order of recording: what is tried again arrives late.
    sequence: String(event.seq).padStart(SEQUENCE_DIGITS, '0'),
    data: { cause: event.cause, actor: event.actor, event_time: event.eventTime, details: event.data },
  });
}
