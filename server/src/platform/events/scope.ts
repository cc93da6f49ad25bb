import type { NewEvent } from './events.ts';

const PREFIX = 'endpoint:';

/** Types of which there are so many that they would hide all others. */
export const routineTypes: ReadonlySet<string> = new Set(['captures.stored', 'labels.stored', 'labels.joined']);

/** The endpoint that an event itself names; null: it names none. */
export function ownScope({ subject, data = {} }: NewEvent): string | null {
  const { endpoint, subject: about } = data;
  if (typeof endpoint === 'string') return PREFIX + endpoint;
  if (subject.startsWith(PREFIX)) return subject;
  return typeof about === 'string' && about.startsWith(PREFIX) ? about : null;
}
