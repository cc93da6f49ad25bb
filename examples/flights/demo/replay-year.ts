import type { Place } from '../../../scripts/bucle-command.ts';
import { until } from '../../../scripts/until.ts';
import { get, post } from './api.ts';
import { DAY_MS, type Flight, timeOf, type Week } from './flight.ts';
import { killServer, type Outage } from './kill-server.ts';
import { type Answer, predictMany, sendFlights } from './send-flights.ts';
import type { Story } from './story.ts';
import { type Firing, watchLoop } from './watch-loop.ts';

/** A flight, what both models said of it, and which version answered. */
export interface Replayed extends Answer {
  /** Of the first model, that never learns again. */
  readonly static: number;
}

export interface Replay {
  readonly replayed: readonly Replayed[];
  readonly outages: Readonly<Record<'traffic' | 'rollout', Outage | null>>;
  /** Labels that were sent, and what became of them. */
  readonly labels: { readonly sent: number; readonly outcomes: Readonly<Record<string, number>> };
}

export interface Addresses {
  readonly looped: string;
  readonly static: string;
}

/** How long after its departure the truth about a flight is told. */
export const LABEL_DELAY_MS = 7 * DAY_MS;
/** While a canary runs, each of the twelve callers rests so long between two requests. */
const WALK_MS = 60;
/** The week in the middle of which the server is killed. */
const KILL_IN_WEEK = 3;

/** Sends the weeks one after the other, each flight with its own time, and its label a week later. */
export async function replayYear(
  story: Story,
  place: Place,
  { weeks, urls }: { readonly weeks: readonly Week[]; readonly urls: Addresses },
): Promise<Replay> {
  const outages: { traffic: Outage | null; rollout: Outage | null } = { traffic: null, rollout: null };
  const kills: Promise<void>[] = [];
  const kill = async (when: 'traffic' | 'rollout') => {
    outages[when] = await killServer(place);
  };
  const onChange = (firing: Firing) => {
    tellFiring(story, firing);
    if (firing.state !== 'rolling_out' || outages.rollout !== null) return;
    kills.push(untilCanary(place).then((isOpen) => (isOpen ? kill('rollout') : undefined)));
  };
  await using watch = watchLoop(place, 'flights', { onChange, restMs: WALK_MS });
  const replayed: Replayed[] = [];
  const waiting: Flight[] = [];
  const outcomes: Record<string, number> = {};
  let sent = 0;
  for (const week of weeks) {
    const sending = sendFlights(urls.looped, week.flights, watch);
    if (week.number === KILL_IN_WEEK) kills.push(kill('traffic'));
    const [answers, still] = await Promise.all([sending, predictMany(urls.static, week.flights)]);
    const byKey = new Map(week.flights.map((flight, at) => [flight.key, still[at] ?? Number.NaN]));
    replayed.push(...answers.map((one) => ({ ...one, static: byKey.get(one.flight.key) ?? Number.NaN })));
    waiting.push(...week.flights);
    const known = takeKnown(waiting, week.end);
    for (const [outcome, count] of Object.entries(await sendLabels(place, known))) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    }
    sent += known.length;
    await untilClosed(place, week.start);
    tellWeek(story, week, answers);
  }
  await Promise.all(kills);
  await watch.settle();
  return { replayed, outages, labels: { sent, outcomes } };
}

/** Takes out those whose truth is known at `now` of event time. */
function takeKnown(waiting: Flight[], now: number): Flight[] {
  const known = waiting.filter((flight) => timeOf(flight) + LABEL_DELAY_MS <= now);
  waiting.splice(0, waiting.length, ...waiting.filter((flight) => timeOf(flight) + LABEL_DELAY_MS > now));
  return known;
}

async function sendLabels(place: Place, flights: readonly Flight[]): Promise<Readonly<Record<string, number>>> {
  if (flights.length === 0) return {};
  const lines = flights.map((flight) =>
    JSON.stringify({
      ...{ key: flight.key, event_time: flight.event_time, value: flight.late ? 1 : 0 },
      label_time: new Date(timeOf(flight) + LABEL_DELAY_MS).toISOString(),
    }),
  );
  const receipt = await post<{ outcomes: Readonly<Record<string, number>> }>(
    place,
    '/api/v1/endpoints/flights/labels',
    `${lines.join('\n')}\n`,
    { 'content-type': 'application/x-ndjson' },
  );
  return receipt.outcomes;
}

/** The replay is some 300,000 times faster than the world: it waits until the windows of last week are judged. */
async function untilClosed(place: Place, end: number): Promise<void> {
  const closedUntil = async () => {
    const { progress } = await get<{ progress: { closed_until: number | null; problem: string | null } }>(
      place,
      '/api/v1/monitors/flights',
    );
    return progress.closed_until ?? Number.NEGATIVE_INFINITY;
  };
  const first = (await closedUntil()) === Number.NEGATIVE_INFINITY;
  // There is no window before the first week of traffic.
  if (first) return;
  await until(`the windows before ${new Date(end).toISOString()} are closed`, 60_000, async () => {
    return (await closedUntil()) >= end;
  });
}

/** False when the rollout was over before anybody could look. */
async function untilCanary(place: Place): Promise<boolean> {
  return until('a canary runs', 120_000, async () => {
    const { rollouts } = await get<{ rollouts: { open: boolean; state: string; step: number }[] }>(
      place,
      '/api/v1/endpoints/flights/rollouts?limit=1',
    );
    const [newest] = rollouts;
    if (newest?.open !== true) return null;
    return newest.state === 'canary' && newest.step >= 0;
  });
}

function tellFiring(story: Story, { number, state, because, summary }: Firing): void {
  if (state === 'done') story.fact(`firing ${number}: ${summary ?? 'done'}`);
  else if (state === 'fired') story.fact(`firing ${number}: ${because.join('; ')}`);
  else story.progress(`firing ${number}: ${state.replace('_', ' ')}`);
}

function tellWeek(story: Story, week: Week, answers: readonly Answer[]): void {
  const failed = answers.filter(({ failure }) => failure !== null);
  const day = new Date(week.start).toISOString().slice(0, 10);
  const versions = [...new Set(answers.map(({ version }) => version?.replace('version:', '')))].sort().join(', ');
  const trouble = failed.length === 0 ? '' : `, ${failed.length} FAILED: ${failed[0]?.failure}`;
  story.progress(`week of ${day}: ${answers.length} flights, answered by ${versions}${trouble}`);
}
