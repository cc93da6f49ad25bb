import type { StoredEvent } from '../../platform/events/events.ts';

export type Outcome = 'promoted' | 'not_better' | 'invalid' | 'aborted' | 'failed';

export interface MaturedWindow {
  readonly start: number;
  readonly end: number;
  /** Rows with a label. */
  readonly labelled: number;
}

export type Signal = 'data_drift' | 'data_quality' | 'prediction_drift' | 'quality' | 'volume';

export interface StandingAlert {
  readonly id: string;
  readonly signal: Signal;
  readonly features: readonly string[];
  /** Event time. */
  readonly since: number;
}

/** What later firings need to know of one. */
export interface FiringFact {
  readonly id: string;
  readonly policy: string;
  /** 1, 2, … of its policy. */
  readonly number: number;
  readonly eventTime: number | null;
  /** Null while it is open. */
  readonly outcome: Outcome | null;
  /** End of the captured rows that it trained on. */
  readonly trainedUntil: number | null;
  /** Number of the pushed dataset version that it built on. */
  readonly base: number | null;
  /** `version:flights/4`, once it is registered. */
  readonly version: string | null;
}

/**
 * What policies know of one endpoint: a fold of events and nothing else, so that a replay over recorded events
 * decides as the live check did.
 */
export interface World {
  /** Event time of the newest thing that the monitor told of; null: it told of nothing yet. */
  readonly clock: number | null;
  /** Schedules were looked at up to here. */
  readonly scheduledUntil: number | null;
  readonly maturedUntil: number | null;
  /** By start. */
  readonly windows: readonly MaturedWindow[];
  readonly alerts: readonly StandingAlert[];
  /** `version:flights/3` */
  readonly stable: string | null;
  /** Sequence number of the event since which something holds stable traffic. */
  readonly servesSince: number | null;
  /** A rollout that is under way. */
  readonly rollout: string | null;
  /** Of all policies of the endpoint, oldest first. */
  readonly firings: readonly FiringFact[];
}

/** The newest version of a dataset that people pushed. */
export interface Pushed {
  readonly number: number;
  /** Sequence number of the event. */
  readonly seq: number;
}

export const emptyWorld: World = {
  clock: null,
  scheduledUntil: null,
  maturedUntil: null,
  windows: [],
  alerts: [],
  stable: null,
  servesSince: null,
  rollout: null,
  firings: [],
};

const MOST_WINDOWS = 5_000;
const MOST_FIRINGS = 500;

type Reducer = (world: World, event: StoredEvent) => World;

const reducers: Readonly<Record<string, Reducer>> = {
  'window.closed': tick,
  'window.matured': (world, event) => tick(addMatured(world, event), event),
  'window.revised': addMatured,
  'alert.opened': (world, event) => tick(openAlert(world, event), event),
  'alert.changed': (world, event) => tick(openAlert(world, event), event),
  // An end may come from a person or a promotion, and then says nothing of event time.
  'alert.cleared': endAlert,
  'alert.acknowledged': endAlert,
  'alert.superseded': endAlert,
  'endpoint.promoted': promote,
  'rollout.started': (world, { subject }) => ({ ...world, rollout: subject }),
  'rollout.promoted': endRollout,
  'rollout.aborted': endRollout,
  'rollout.undone': endRollout,
  'firing.started': startFiring,
  'firing.training': (world, event) =>
    changeFiring(world, event, ({ data }) => ({
      trainedUntil: numberOf(data['trained_until']),
      base: numberOf(data['base']),
    })),
  'firing.evaluating': (world, event) =>
    changeFiring(world, event, ({ data }) => ({ version: textOf(data['version']) })),
  'firing.done': (world, event) => changeFiring(world, event, ({ data }) => ({ outcome: data['outcome'] as Outcome })),
};

/** The events that change what a policy knows; the world of all others is as it was. */
export const worldEvents: readonly string[] = Object.keys(reducers);

/** Applying an event twice changes nothing more than applying it once. */
export function applyEvent(world: World, event: StoredEvent): World {
  return reducers[event.type]?.(world, event) ?? world;
}

/** The endpoint that an event is about, or null. */
export function endpointOf({ subject, data }: Pick<StoredEvent, 'subject' | 'data'>): string | null {
  const said = data['endpoint'];
  if (typeof said === 'string') return said;
  if (subject.startsWith('endpoint:')) return subject.slice('endpoint:'.length);
  return /^window:(.+)@[^@]+$/.exec(subject)?.[1] ?? null;
}

/** A version that somebody pushed; null when a policy made it, or when it is another event. */
export function pushedBy({ type, subject, actor, seq }: StoredEvent): (Pushed & { readonly dataset: string }) | null {
  if (type !== 'dataset.version.created' || actor.startsWith('policy:')) return null;
  const [, dataset, number] = /^dataset:(.+)@(\d+)$/.exec(subject) ?? [];
  return dataset === undefined ? null : { dataset, number: Number(number), seq };
}

/** Labelled rows of the matured windows that lie wholly in [from, until). */
export function labelledBetween({ windows }: Pick<World, 'windows'>, from: number, until: number): number {
  return windows
    .filter(({ start, end }) => start >= from && end <= until)
    .reduce((sum, { labelled }) => sum + labelled, 0);
}

function tick(world: World, { eventTime }: StoredEvent): World {
  return { ...world, clock: Math.max(world.clock ?? eventTime, eventTime) };
}

function addMatured(world: World, event: StoredEvent): World {
  const start = Date.parse(/@(.+)$/.exec(event.subject)?.[1] ?? '');
  const end = event.eventTime;
  const window = { start: Number.isNaN(start) ? end : start, end, labelled: labelledIn(event.data) };
  const others = world.windows.filter((one) => one.start !== window.start);
  const windows = [...others, window].sort((a, b) => a.start - b.start).slice(-MOST_WINDOWS);
  return { ...world, windows, maturedUntil: Math.max(world.maturedUntil ?? end, end) };
}

function labelledIn(data: StoredEvent['data']): number {
  const quality = data['quality'] as Readonly<Record<string, unknown>> | null | undefined;
  return numberOf(data['labelled']) ?? numberOf(quality?.['labelled']) ?? 0;
}

function openAlert(world: World, event: StoredEvent): World {
  const id = idOf(event.subject);
  const known = world.alerts.find((one) => one.id === id);
  const alert: StandingAlert = {
    id,
    signal: event.data['signal'] as Signal,
    features: Array.isArray(event.data['features']) ? (event.data['features'] as string[]) : (known?.features ?? []),
    since: known?.since ?? event.eventTime,
  };
  return { ...world, alerts: [...world.alerts.filter((one) => one.id !== id), alert] };
}

function endAlert(world: World, { subject }: StoredEvent): World {
  const id = idOf(subject);
  return { ...world, alerts: world.alerts.filter((one) => one.id !== id) };
}

function promote(world: World, { data, seq }: StoredEvent): World {
  return { ...world, stable: textOf(data['version']) ?? world.stable, servesSince: world.servesSince ?? seq };
}

function endRollout(world: World, { subject }: StoredEvent): World {
  return world.rollout === subject ? { ...world, rollout: null } : world;
}

function startFiring(world: World, event: StoredEvent): World {
  const id = idOf(event.subject);
  if (world.firings.some((one) => one.id === id)) return world;
  const firing: FiringFact = {
    id,
    policy: textOf(event.data['policy']) ?? '',
    number: numberOf(event.data['number']) ?? 0,
    eventTime: numberOf(event.data['watermark']),
    ...{ outcome: null, trainedUntil: null, base: null, version: null },
  };
  return { ...world, firings: [...world.firings, firing].slice(-MOST_FIRINGS) };
}

function changeFiring(world: World, event: StoredEvent, change: (event: StoredEvent) => Partial<FiringFact>): World {
  const id = idOf(event.subject);
  return { ...world, firings: world.firings.map((one) => (one.id === id ? { ...one, ...change(event) } : one)) };
}

function idOf(subject: string): string {
  return subject.slice(subject.indexOf(':') + 1);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
