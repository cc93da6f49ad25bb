import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { type AlertEnd, endAlert, findOpenAlert, insertAlert, listAlerts, updateAlert } from './alert.store.ts';
import { type Alert, alertRef, sameFeatures } from './alert.ts';
import type { Signal } from './signal.ts';

type Parts = Pick<Context, 'clock'>;

/** A window that alarms. */
export interface Alarm {
  readonly endpoint: string;
  readonly signal: Signal;
  /** Empty for a signal without features. */
  readonly features: readonly string[];
  /** One sentence for people. */
  readonly summary: string;
  /** Event time. */
  readonly window: { readonly start: number; readonly end: number };
  /** Version that holds stable traffic. */
  readonly version: string | null;
  /** Event that led to it. */
  readonly cause: string | null;
}

/**
 * An alarm opens an alert or, when one of its signal is open, changes that: there are never two. Call it in a
 * transaction that holds `lockMonitor`. Returns the id of the alert.
 */
export async function openAlert(trx: Trx, parts: Parts, alarm: Alarm): Promise<string> {
  const { endpoint, signal, summary, window, version, cause } = alarm;
  const features = [...alarm.features].sort();
  const present = await findOpenAlert(trx, endpoint, signal);
  const data = { endpoint, signal, features, summary, window: window.start, version };
  const event = { actor: 'monitor', cause, eventTime: window.end };
  if (!present) {
    const id = uuidv7(parts.clock.now());
    const subject = alertRef({ id });
    const opened = await appendEvent(trx, parts, { ...event, type: 'alert.opened', subject, data });
    await insertAlert(trx, {
      ...{ id, endpoint, signal, state: 'open', features, version, summary },
      ...{ firstWindow: window.start, lastWindow: window.start, event: opened, openedAt: parts.clock.now() },
      ...{ endedWindow: null, endedAt: null, endedBy: null, reason: null },
    });
    return id;
  }
  await updateAlert(trx, present.id, {
    features,
    summary,
    lastWindow: Math.max(present.lastWindow, window.start),
  });
  if (!sameFeatures(present.features, features)) {
    const joined = features.filter((name) => !present.features.includes(name));
    const left = present.features.filter((name) => !features.includes(name));
    const subject = alertRef(present);
    await appendEvent(trx, parts, { ...event, type: 'alert.changed', subject, data: { ...data, joined, left } });
  }
  return present.id;
}

export interface Clearance {
  readonly endpoint: string;
  readonly signal: Signal;
  /** The clean window; event time. */
  readonly window: { readonly start: number; readonly end: number };
  readonly cause: string | null;
}

/** A clean window ends the open alert of a signal. Returns its id; null when there was none. */
export async function clearAlert(
  trx: Trx,
  parts: Parts,
  { endpoint, signal, window, cause }: Clearance,
): Promise<string | null> {
  const present = await findOpenAlert(trx, endpoint, signal);
  if (!present) return null;
  const reason = `the window from ${new Date(window.start).toISOString()} was clean`;
  await close(trx, parts, present, {
    ...{ state: 'cleared', window: window.start, by: 'monitor', reason, cause, eventTime: window.end },
  });
  return present.id;
}

/** Ends every open alert of an endpoint, or of some of its signals. */
export async function endAllAlerts(
  trx: Trx,
  parts: Parts,
  given: {
    readonly endpoint: string;
    readonly signals?: readonly Signal[];
    readonly state: 'superseded';
    readonly reason: string;
    readonly cause: string | null;
  },
): Promise<void> {
  const { endpoint, signals, state, reason, cause } = given;
  for (const alert of await listAlerts(trx, { endpoint, state: 'open', limit: 100 })) {
    if (signals && !signals.includes(alert.signal)) continue;
    await close(trx, parts, alert, { state, window: null, by: 'monitor', reason, cause });
  }
}

/** The one place where an alert ends, with its event. */
export async function close(
  trx: Trx,
  parts: Parts,
  alert: Alert,
  end: Omit<AlertEnd, 'at'> & { readonly cause: string | null; readonly eventTime?: number },
): Promise<void> {
  const { state, window, by, reason, cause, eventTime } = end;
  if (!(await endAlert(trx, alert.id, { state, window, at: parts.clock.now(), by, reason }))) return;
  const { endpoint, signal, features } = alert;
  await appendEvent(trx, parts, {
    ...{ type: `alert.${state}`, subject: alertRef(alert), actor: by, cause },
    ...(eventTime === undefined ? {} : { eventTime }),
    data: { endpoint, signal, features, reason },
  });
}
