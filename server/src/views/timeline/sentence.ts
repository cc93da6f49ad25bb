import type { StoredEvent } from '../../platform/events/events.ts';
import { loopEvents } from './loop-events.ts';
import { servingEvents } from './serving-events.ts';
import { nameSubject } from './thing.ts';
import { trainingEvents } from './training-events.ts';
import { spaced, type Telling } from './words.ts';

type Told = Pick<StoredEvent, 'type' | 'subject' | 'data'>;

/** How each type of event is told. */
export const tellings: Readonly<Record<string, Telling>> = { ...trainingEvents, ...servingEvents, ...loopEvents };

/** One sentence: what happened to what. */
export function tellEvent(event: Told): string {
  const { did, say } = tellingOf(event);
  return `${capital(nameSubject(event))} ${say?.(event.data) ?? did}.`;
}

/** `alert 5e6f7a8b opened`: an event as the cause of another. */
export function tellCause(event: Told): string {
  return `${nameSubject(event)} ${tellingOf(event).did}`;
}

function tellingOf({ type }: Pick<StoredEvent, 'type'>): Telling {
  const known = Object.hasOwn(tellings, type) ? tellings[type] : undefined;
  // Of a newer version of this server, as after a way back.
  return known ?? { did: spaced(type.slice(type.indexOf('.') + 1)) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
