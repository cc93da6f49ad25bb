import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { DecisionView, JobView, LabelledRow, RetrainPorts, RolloutView } from './ports.ts';

export const DAY = 86_400_000;
/** Monday. */
export const START = Date.UTC(2013, 2, 4);

/** One captured flight every hour of event time from `START` on; the label says whether its delay is above ten. */
export function flightAt(index: number): LabelledRow {
  const delay = (index * 7) % 23;
  return {
    id: `p${index}.0`,
    eventTime: START + index * 3_600_000,
    key: `flight-${index}`,
    columns: ['origin', 'delay', 'gate'],
    values: [['JFK', 'LGA', 'EWR'][index % 3] ?? 'JFK', delay, `G${index % 9}`],
    label: delay > 10 ? 1 : 0,
  };
}

export interface Script {
  job: Pick<JobView, 'state' | 'reason'>;
  verdict: DecisionView['verdict'];
  rollout: Pick<RolloutView, 'end' | 'reason'>;
  stable: { version: string | null; model: string | null } | undefined;
  isDeclared: boolean;
  watermark: number | null;
}

export interface ScriptedPorts extends RetrainPorts {
  readonly script: Script;
  /** What was asked, in order: `submit firing:…`. */
  readonly calls: string[];
  /** Everything that was asked for, by the key that it was asked with. */
  readonly requests: Map<string, unknown>;
}

/** Stages that do at once what the script says; like the real ones they answer one thing per key. */
export function scriptedPorts(given: Partial<Script> = {}): ScriptedPorts {
  const script: Script = {
    ...{ job: { state: 'succeeded', reason: null }, verdict: 'promote', rollout: { end: 'promoted', reason: null } },
    ...{ stable: { version: 'version:flights/1', model: 'flights' }, isDeclared: true, watermark: null },
    ...given,
  };
  const calls: string[] = [];
  const requests = new Map<string, unknown>();
  const ask = (what: string, key: string, request: unknown) => {
    calls.push(`${what} ${key}`);
    requests.set(`${what} ${key}`, request);
    return `${what}-of-${key}`;
  };
  return {
    ...{ script, calls, requests },
    async *readLabelled(_parts, { from, until }) {
      const first = Math.max(0, Math.ceil((from - START) / 3_600_000));
      const last = Math.ceil((until - START) / 3_600_000);
      for (let at = first; at < last; at += 100) {
        yield Array.from({ length: Math.min(100, last - at) }, (_, index) => flightAt(at + index));
      }
    },
    watermarkOf: async () => script.watermark,
    findStable: async () => script.stable,
    findJobRequest: async (_db, job, inputs) =>
      script.isDeclared ? { name: job, command: ['python', 'train.py'], inputs } : undefined,
    submitJob: async (_parts, { request, key }) => ask('job', key, request),
    findJob: async (_db, id) => ({ id, ...script.job }),
    registerModel: async (_parts, { name, job }) => {
      calls.push(`register ${job}`);
      return `version:${name}/2`;
    },
    requestDecision: async (_parts, { key, ...request }) => {
      const id = ask('decision', key, request);
      return { id, verdict: null, headline: null };
    },
    findDecision: async (_db, id) => ({
      id,
      verdict: script.verdict,
      headline: 'The candidate is not shown to be better: log loss 0.471 against 0.480.',
    }),
    startRollout: async (_parts, { key, ...request }) => {
      const id = ask('rollout', key, request);
      return { id, end: null, reason: null, progress: 'canary at 10 %' };
    },
    findRollout: async (_db, id) => ({ id, ...script.rollout, progress: null }),
  };
}

export interface TestEvent {
  readonly type: string;
  readonly subject: string;
  readonly eventTime?: number;
  readonly actor?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Events as earlier stages write them. */
export const window = {
  closed: (week: number): TestEvent => ({
    ...{ type: 'window.closed', subject: `window:flights@${isoOf(week)}`, eventTime: START + (week + 1) * 7 * DAY },
    data: { endpoint: 'flights' },
  }),
  matured: (week: number, labelled = 168): TestEvent => ({
    ...{ type: 'window.matured', subject: `window:flights@${isoOf(week)}`, eventTime: START + (week + 1) * 7 * DAY },
    data: { endpoint: 'flights', quality: { labelled } },
  }),
};

export const alert = (id: string, signal: string, week: number, type = 'alert.opened'): TestEvent => ({
  ...{ type, subject: `alert:${id}`, eventTime: START + (week + 1) * 7 * DAY },
  data: { endpoint: 'flights', signal, features: ['delay'] },
});

export async function tell({ db, clock }: Pick<Context, 'db' | 'clock'>, event: TestEvent): Promise<string> {
  return db.transaction((trx) => appendEvent(trx, { clock }, { actor: 'monitor', ...event }));
}

function isoOf(week: number): string {
  return new Date(START + week * 7 * DAY).toISOString();
}
