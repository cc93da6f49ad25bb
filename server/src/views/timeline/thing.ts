import type { StoredEvent } from '../../platform/events/events.ts';

const SHORT = 8;

/** What a reference of one kind is called in a sentence; what has a name of its own keeps it. */
const namers: Readonly<Record<string, (name: string) => string>> = {
  run: (id) => `run ${id.slice(0, SHORT)}`,
  job: (id) => `job ${shortId(id)}`,
  job_template: (name) => `the declared job ${name}`,
  deployment: (id) => `deployment ${shortId(id)}`,
  decision: (id) => `decision ${shortId(id)}`,
  rollout: (id) => `rollout ${shortId(id)}`,
  alert: (id) => `alert ${shortId(id)}`,
  firing: (id) => `firing ${shortId(id)}`,
  'logged-model': (id) => `logged model ${id}`,
  captures: (name) => `a batch of predictions (${name})`,
  window: (name) => `the window of ${name.replace(/@/, ' from ').replace(/T00:00:00\.000Z$/, '')}`,
  monitor: (name) => `the monitor of ${name}`,
};

/** `endpoint flights`, `alert 5e6f7a8b`, `the window of flights from 2001-03-05`. */
export function nameThing(ref: string): string {
  const colon = ref.indexOf(':');
  if (colon < 0) return ref;
  const [kind, name] = [ref.slice(0, colon), ref.slice(colon + 1)];
  return (Object.hasOwn(namers, kind) ? namers[kind] : undefined)?.(name) ?? `${kind.replace(/[_-]/g, ' ')} ${name}`;
}

/** The subject of an event, by what the event knows of it. */
export function nameSubject({ subject, data }: Pick<StoredEvent, 'subject' | 'data'>): string {
  const { policy, number, version } = data;
  if (subject.startsWith('firing:') && typeof policy === 'string') return `firing ${number} of policy ${policy}`;
  const named = nameThing(subject);
  const isOfVersion = /^(?:deployment|rollout):/.test(subject) && typeof version === 'string';
  return isOfVersion ? `${named} of ${plainVersion(version)}` : named;
}

/** `flights/4` of `version:flights/4`. */
export function plainVersion(version: unknown): string {
  return String(version).replace(/^version:/, '');
}

/** Ids begin with their time, which is much the same for all: the end tells them apart. */
export function shortId(id: unknown): string {
  return String(id)
    .replace(/^[a-z]+:/, '')
    .slice(-SHORT);
}
