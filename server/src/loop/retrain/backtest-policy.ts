import type { Context } from '../../context.ts';
import { readEventsAfter } from '../../platform/events/event.store.ts';
import type { StoredEvent } from '../../platform/events/events.ts';
import { nameOccasion } from './check-policies.ts';
import type { VerdictKind } from './decide.ts';
import { retrainErrors } from './errors.ts';
import type { Policy } from './policy.ts';
import { type Replayed, replay } from './replay.ts';
import { endpointOf, type Outcome, worldEvents } from './world.ts';

/** Decisions in a row that were the same for the same reason. */
export interface BacktestMoment {
  readonly kind: VerdictKind;
  readonly code: string;
  readonly summary: string;
  readonly times: number;
  readonly firstEventTime: number | null;
  readonly lastEventTime: number | null;
  readonly occasion: string;
  /** Event that it would have followed from. */
  readonly cause: string;
  /** What really happened there. */
  readonly really: { readonly firing: string; readonly number: number; readonly outcome: Outcome | null } | null;
}

export interface Backtest {
  readonly policy: string;
  readonly endpoint: string;
  /** Events of the endpoint that it was replayed over. */
  readonly events: number;
  readonly checks: Readonly<Record<VerdictKind, number>>;
  readonly moments: readonly BacktestMoment[];
  /** Firings of the policy that really took place by themselves, and that it would not have started. */
  readonly missed: readonly { readonly firing: string; readonly number: number }[];
}

const PAGE = 1_000;
const MOST_EVENTS = 200_000;
const RELEVANT = [...worldEvents, 'dataset.version.created', 'policy.webhook', 'policy.paused', 'policy.resumed'];

/** What a policy would have done over everything that is recorded of its endpoint. @throws RETRAIN_NO_HISTORY */
export async function backtestPolicy({ db }: Pick<Context, 'db'>, policy: Policy): Promise<Backtest> {
  const events = await readHistory({ db }, policy);
  if (!events.some(({ type }) => type.startsWith('window.'))) {
    throw retrainErrors.NO_HISTORY({ name: policy.name, endpoint: policy.endpoint });
  }
  const replayed = replay(policy, events);
  const checks = { fire: 0, hold: 0, idle: 0, pause: 0 };
  for (const { verdict } of replayed) checks[verdict.kind] += 1;
  const fired = new Set(replayed.filter(({ verdict }) => verdict.kind === 'fire').map(({ really }) => really?.id));
  const missed = events
    .filter(
      ({ type, actor, subject }) =>
        type === 'firing.started' && actor === `policy:${policy.name}` && !fired.has(idOf(subject)),
    )
    .map(({ subject, data }) => ({ firing: subject, number: Number(data['number']) }));
  return {
    ...{ policy: policy.name, endpoint: policy.endpoint, events: events.length, checks, missed },
    moments: fold(replayed),
  };
}

async function readHistory({ db }: Pick<Context, 'db'>, policy: Policy): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (let after = 0; found.length < MOST_EVENTS; ) {
    const page = await readEventsAfter(db.scan, { after, limit: PAGE, dialect: db.dialect, types: RELEVANT });
    const last = page.at(-1);
    if (!last) break;
    after = last.seq;
    found.push(...page.filter((event) => isRelevant(policy, event)));
  }
  return found;
}

function isRelevant({ name, endpoint, data }: Policy, event: StoredEvent): boolean {
  if (event.subject === `policy:${name}` || endpointOf(event) === endpoint) return true;
  return event.subject.startsWith(`dataset:${data.dataset}@`);
}

/** The same verdict for the same reason in a row is one, as in the record of live checks. */
function fold(replayed: readonly Replayed[]): BacktestMoment[] {
  const moments: BacktestMoment[] = [];
  for (const one of replayed) {
    const next = toMoment(one);
    const last = moments.at(-1);
    if (last && last.code === next.code && next.kind !== 'fire' && !next.really && !last.really) {
      const { firstEventTime, occasion, cause } = last;
      moments[moments.length - 1] = { ...next, firstEventTime, occasion, cause, times: last.times + 1 };
    } else moments.push(next);
  }
  return moments;
}

function toMoment({ moment, event, verdict, really }: Replayed): BacktestMoment {
  return {
    ...{ kind: verdict.kind, code: verdict.code, summary: verdict.text, times: 1 },
    ...{ firstEventTime: moment.eventTime, lastEventTime: moment.eventTime },
    ...{ occasion: nameOccasion(moment.occasion), cause: event.id },
    really: really && { firing: `firing:${really.id}`, number: really.number, outcome: really.outcome },
  };
}

function idOf(subject: string): string {
  return subject.slice('firing:'.length);
}
