import { findGate } from '../loop/evaluate/index.ts';
import {
  alertRef,
  findAlert,
  findMonitor,
  findWindow,
  labelsOfPrediction,
  monitorRef,
  parseWindowRef,
  windowRef,
} from '../loop/monitor/index.ts';
import { findFiring, findPolicy, firingRef, policyRef } from '../loop/retrain/index.ts';
import { parsePredictionKey, predictionRef } from '../loop/serve/index.ts';
import { formatDuration } from '../platform/duration.ts';
import { platformErrors } from '../platform/errors.ts';
import { type Found, formatTime, type LineageParts, nameIn, phrase, plural, type Upstream } from './lineage-node.ts';

/** A window of a monitor, by its start. @throws PLATFORM_NOT_FOUND */
export async function windowNode({ db }: LineageParts, ref: string): Promise<Found> {
  const key = parseWindowRef(ref);
  const window = key && (await findWindow(db.read, key.endpoint, key.start));
  if (!key || !window) throw platformErrors.NOT_FOUND({ what: 'window', id: nameIn(ref) });
  const { start, end_time, state, row_count, late, version, closed_at } = window;
  const alarms = JSON.parse(window.alarms) as Readonly<Record<string, readonly string[]>>;
  const alarming = Object.keys(alarms).map((signal) => signal.replace('_', ' '));
  return {
    node: {
      kind: 'window',
      ref: windowRef(key.endpoint, start),
      summary: phrase(
        state.replace('_', ' '),
        plural(row_count, 'row'),
        alarming.length > 0 ? `alarm on ${alarming.join(', ')}` : state === 'closed' && 'no alarm',
        version !== null && `compared with ${version}`,
      ),
      facts: { endpoint: key.endpoint, start, end: end_time, state, rows: row_count, late, version, alarms, closed_at },
      missing: null,
    },
    upstream: [{ relation: 'counted by', ref: monitorRef(key.endpoint) }],
  };
}

/** @throws PLATFORM_NOT_FOUND */
export async function alertNode({ db }: LineageParts, ref: string): Promise<Found> {
  const alert = await findAlert(db.read, nameIn(ref));
  if (!alert) throw platformErrors.NOT_FOUND({ what: 'alert', id: nameIn(ref) });
  const { endpoint, signal, state, features, version, summary, firstWindow, openedAt, endedAt, reason } = alert;
  return {
    node: {
      kind: 'alert',
      ref: alertRef(alert),
      summary: phrase(`${signal.replace('_', ' ')} of ${endpoint}`, state, summary),
      facts: {
        ...{ endpoint, signal, state, features: [...features], version, opened_at: openedAt },
        ...{ ended_at: endedAt, reason },
      },
      missing: null,
    },
    upstream: [{ relation: 'opened by', ref: windowRef(endpoint, firstWindow) }],
  };
}

/** @throws PLATFORM_NOT_FOUND */
export async function monitorNode({ db }: LineageParts, ref: string): Promise<Found> {
  const monitor = await findMonitor(db.read, nameIn(ref));
  if (!monitor) throw platformErrors.NOT_FOUND({ what: 'monitor', id: nameIn(ref) });
  const { endpoint, windowMs, revision, reference, budget, changedAt, changedBy } = monitor;
  return {
    node: {
      kind: 'monitor',
      ref: monitorRef(endpoint),
      summary: phrase(
        `windows of ${formatDuration(windowMs)}`,
        `${budget.falseAlarmsPerYear} false alarms a year`,
        `revision ${revision} by ${changedBy}`,
      ),
      facts: {
        ...{ endpoint, window_ms: windowMs, revision, changed_at: changedAt, changed_by: changedBy },
        ...{ reference: { ...reference }, budget: { ...budget } },
      },
      missing: null,
    },
    upstream: [],
  };
}

/** @throws PLATFORM_NOT_FOUND */
export async function policyNode({ db }: LineageParts, ref: string): Promise<Found> {
  const stored = await findPolicy(db.read, nameIn(ref));
  if (!stored) throw platformErrors.NOT_FOUND({ what: 'policy', id: nameIn(ref) });
  const { policy, version, paused, changedAt, changedBy } = stored;
  const { name, endpoint, job, gate, triggers } = policy;
  return {
    node: {
      kind: 'policy',
      ref: policyRef(name),
      summary: phrase(
        `version ${version} by ${changedBy}`,
        `for ${endpoint}`,
        `on ${triggers.map(({ kind }) => kind).join(', ') || 'demand'}`,
        paused !== null && `paused: ${paused.reason}`,
      ),
      facts: {
        ...{ endpoint, job, gate, version, triggers: triggers.map((trigger) => ({ ...trigger })) },
        ...{ changed_at: changedAt, changed_by: changedBy },
      },
      missing: null,
    },
    upstream: gate === null ? [] : [{ relation: 'judges by', ref: `gate:${gate}` }],
  };
}

/** @throws PLATFORM_NOT_FOUND */
export async function gateNode({ db }: LineageParts, ref: string): Promise<Found> {
  const found = await findGate(db.read, nameIn(ref));
  if (!found) throw platformErrors.NOT_FOUND({ what: 'gate', id: nameIn(ref) });
  const { name, gate, revision, changedAt, changedBy } = found;
  return {
    node: {
      kind: 'gate',
      ref: `gate:${name}`,
      summary: phrase(gate.metric.replace('_', ' '), `revision ${revision} by ${changedBy}`),
      facts: { ...gate, revision, changed_at: changedAt, changed_by: changedBy },
      missing: null,
    },
    upstream: [],
  };
}

/** @throws PLATFORM_NOT_FOUND */
export async function firingNode({ db }: LineageParts, ref: string): Promise<Found> {
  const firing = await findFiring(db.read, nameIn(ref));
  if (!firing) throw platformErrors.NOT_FOUND({ what: 'firing', id: nameIn(ref) });
  const { id, policy, policyVersion, number, endpoint, state, met, outcome, summary, progress, actor } = firing;
  const reasons = met.flatMap(({ ref: reason }): Upstream[] =>
    reason ? [{ relation: 'because of', ref: reason }] : [],
  );
  return {
    node: {
      kind: 'firing',
      ref: firingRef(id),
      summary: phrase(
        `firing ${number}`,
        (outcome ?? state).replace('_', ' '),
        summary ?? progress,
        met.map(({ text }) => text).join(', '),
      ),
      facts: {
        ...{ endpoint, policy, policy_version: policyVersion, number, state, outcome, actor },
        ...{ training: firing.training, holdout: firing.holdout, job: firing.job, version: firing.version },
        ...{ created_at: firing.createdAt, ended_at: firing.endedAt },
      },
      missing: null,
    },
    upstream: [{ relation: 'fired by', ref: policyRef(policy) }, ...reasons],
  };
}

/** The current label of a row. @throws SERVE_INVALID_PREDICTION_ID, LABELS_PREDICTION_NOT_FOUND */
export async function labelNode({ db }: LineageParts, ref: string): Promise<Found> {
  const key = parsePredictionKey(nameIn(ref));
  const { rows } = await labelsOfPrediction(db.read, key);
  const labelled = rows.filter(({ label }) => label !== null);
  const upstream: Upstream = { relation: 'is the truth of', ref: predictionRef(key) };
  const [first] = labelled;
  if (!first?.label) {
    const reason = 'Nobody has said yet what the truth was.';
    return { node: { ...labelFacts, ref, missing: reason }, upstream: [upstream] };
  }
  const { value, censored, label_time, labelled_at } = first.label;
  const said = censored === null ? JSON.stringify(value) : `censored: ${censored}`;
  const from = first.history.at(-1)?.source;
  return {
    node: {
      ...labelFacts,
      ref,
      summary: phrase(
        labelled.length === 1 ? said : plural(labelled.length, 'labelled row'),
        `known since ${formatTime(labelled_at)}`,
        from && `from ${from}`,
      ),
      facts: { value, censored, label_time, labelled_at, rows: labelled.length },
    },
    upstream: [upstream],
  };
}

const labelFacts = { kind: 'label' as const, summary: '', facts: {}, missing: null };
