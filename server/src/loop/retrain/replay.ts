import type { StoredEvent } from '../../platform/events/events.ts';
import { decide, type Verdict } from './decide.ts';
import { trainingSpan } from './holds.ts';
import { type Moment, momentsOf } from './moments.ts';
import { type Policy, policyActor, policyRef } from './policy.ts';
import { passSchedules } from './schedules-passed.ts';
import { firingsOf } from './triggers.ts';
import { applyEvent, emptyWorld, endpointOf, type FiringFact, type Pushed, pushedBy, type World } from './world.ts';

/** One decision that the policy would have made. */
export interface Replayed {
  readonly moment: Moment;
  readonly event: StoredEvent;
  readonly verdict: Verdict;
  /** The firing of the same moment that really took place; null: none did. */
  readonly really: FiringFact | null;
}

interface State {
  readonly world: World;
  readonly pushed: Pushed | null;
  readonly pausedBecause: string | null;
  readonly forgivenUntil: number;
}

/**
 * What a policy would have done at each moment of recorded events, by the same rule as the live check. A firing that
 * really took place at that moment goes on as it really did; of any other it is assumed that it ended at once.
 */
export function replay(policy: Policy, events: readonly StoredEvent[]): Replayed[] {
  const history = readHistory(policy, events);
  const replayed: Replayed[] = [];
  let state: State = { world: emptyWorld, pushed: null, pausedBecause: null, forgivenUntil: 0 };
  for (const event of events) {
    const before = state.world;
    state = takeIn(policy, history, state, event);
    const after = state.world;
    for (const moment of concerns(policy, event) ? momentsOf(policy, before, after, event) : []) {
      const { world, ...rest } = state;
      const verdict = decide(policy, { ...moment, world, ...rest });
      const really = history.realAt(event, moment);
      replayed.push({ moment, event, verdict, really });
      state = carryOn(policy, history, state, { moment, event, verdict, really });
    }
    state = { ...state, world: passSchedules(state.world, after.clock) };
  }
  return replayed;
}

/** What really became of the policy's own firings. */
interface History {
  /** Ids of the firings that the policy started by itself. */
  readonly own: ReadonlySet<string>;
  realAt(event: StoredEvent, moment: Moment): FiringFact | null;
  /** All events of a firing up to one in the order of history. */
  until(id: string, seq: number): readonly StoredEvent[];
}

function readHistory(policy: Policy, events: readonly StoredEvent[]): History {
  const ofFirings = events.filter(({ type }) => type.startsWith('firing.'));
  const started = ofFirings.filter(
    ({ type, actor }) => type === 'firing.started' && actor === policyActor(policy.name),
  );
  const final = ofFirings.reduce(applyEvent, emptyWorld);
  const factOf = ({ subject }: StoredEvent) => final.firings.find(({ id }) => subject === `firing:${id}`) ?? null;
  return {
    own: new Set(started.map(({ subject }) => subject)),
    realAt(event, { occasion, eventTime }) {
      const same = started.find(({ cause, data }) =>
        occasion.kind === 'schedule' ? data['watermark'] === eventTime : cause === event.id,
      );
      return same ? factOf(same) : null;
    },
    until: (id, seq) => ofFirings.filter((event) => event.subject === `firing:${id}` && event.seq <= seq),
  };
}

/** The state after an event, but for what the policy itself would have done. */
function takeIn(policy: Policy, { own }: History, state: State, event: StoredEvent): State {
  const pushed = pushedBy(event);
  if (pushed !== null) {
    return pushed.dataset === policy.data.dataset
      ? { ...state, pushed: { number: pushed.number, seq: pushed.seq } }
      : state;
  }
  if (event.subject === policyRef(policy.name)) return takePause(policy, state, event);
  if (endpointOf(event) !== policy.endpoint) return state;
  // That the policy fired then is what the replay asks.
  if (event.type === 'firing.started' && own.has(event.subject)) return state;
  return { ...state, world: applyEvent(state.world, event) };
}

function takePause(policy: Policy, state: State, { type, actor, data }: StoredEvent): State {
  if (type === 'policy.paused' && actor !== policyActor(policy.name)) {
    return { ...state, pausedBecause: String(data['reason']) };
  }
  if (type !== 'policy.resumed') return state;
  const last = firingsOf(state.world, policy.name).at(-1)?.number ?? 0;
  return { ...state, pausedBecause: null, forgivenUntil: last };
}

function concerns(policy: Policy, event: StoredEvent): boolean {
  const pushed = pushedBy(event);
  if (pushed !== null) return pushed.dataset === policy.data.dataset;
  return event.subject === policyRef(policy.name) || endpointOf(event) === policy.endpoint;
}

function carryOn(policy: Policy, history: History, state: State, { moment, event, verdict, really }: Replayed): State {
  if (verdict.kind === 'pause') return { ...state, pausedBecause: verdict.reasons.join('; ') };
  if (verdict.kind !== 'fire') return state;
  const { world, pushed } = state;
  if (really !== null)
    return { ...state, world: history.until(really.id, event.seq).reduce(applyEvent, begun(world, really)) };
  const own = firingsOf(world, policy.name);
  const assumed: FiringFact = {
    ...{ id: `assumed-${own.length + 1}`, policy: policy.name, number: (own.at(-1)?.number ?? 0) + 1 },
    ...{ eventTime: moment.eventTime, outcome: 'promoted', version: null },
    trainedUntil: trainingSpan(policy, world)?.until ?? null,
    base: pushed?.number ?? null,
  };
  return { ...state, world: { ...world, firings: [...world.firings, assumed] } };
}

function begun(world: World, real: FiringFact): World {
  const open: FiringFact = { ...real, outcome: null, trainedUntil: null, base: null, version: null };
  return { ...world, firings: [...world.firings, open] };
}
