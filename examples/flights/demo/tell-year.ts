import type { Place } from '../../../scripts/bucle-command.ts';
import { get, post } from './api.ts';
import { measure, type Quality } from './measure.ts';
import type { Replay, Replayed } from './replay-year.ts';
import type { Story } from './story.ts';
import type { Firing } from './watch-loop.ts';

interface Decision {
  readonly id: string;
  readonly verdict: string | null;
  readonly headline: string;
  readonly kind: string;
}

interface Rollout {
  readonly id: string;
  readonly state: string;
  readonly version: string;
  readonly open: boolean;
  readonly answered: { readonly canary: number; readonly baseline: number };
}

interface Alert {
  readonly id: string;
  readonly signal: string;
  readonly state: string;
  readonly features: readonly string[];
  readonly first_window: string;
  readonly last_window: string;
}

/** What the loop did by itself in that year, and whether it did what was promised. */
export async function tellYear(story: Story, place: Place, replay: Replay): Promise<void> {
  story.step('What happened, and whether it helped');
  const { firings } = await get<{ firings: Firing[] }>(place, '/api/v1/firings?endpoint=flights&limit=100');
  const { decisions } = await get<{ decisions: Decision[] }>(
    place,
    `/api/v1/decisions?subject=endpoint:flights&limit=100`,
  );
  const { rollouts } = await get<{ rollouts: Rollout[] }>(place, '/api/v1/endpoints/flights/rollouts?limit=100');
  await tellPredictions(story, place, replay);
  await tellMonitor(story, place);
  tellFirings(story, firings.toReversed(), { decisions, rollouts });
  await replayDecisions(story, place, decisions);
  tellMonths(story, replay.replayed);
  tellSettings(story);
}

/** What this demo sets otherwise than Bucle does by itself, and why. */
function tellSettings(story: Story): void {
  story.fact('');
  story.fact('Not as by default, all of it in bucle.yaml:');
  story.fact(
    '  rollout    steps of 20, 50 and 100 % for 2 s and 100 requests each (default 10, 50, 100 %, 60 s, 200 requests)',
  );
  story.fact(
    '  policy     56 days of event time between two firings (default none), paused after 6 rejections in a row (default 3)',
  );
  story.fact('  gate       at least 1,000 rows (default 500), no slice by origin clearly worse (default no slices)');
  story.fact(
    '  monitor    quality by log loss, with a tolerance of 0.02 (default: no alarm on quality); all else is as by default',
  );
  story.fact('and bucle up waits 3.2 s before it starts a killed server again (default 0.25 s).');
}

async function tellPredictions(story: Story, place: Place, { replayed, labels, outages }: Replay): Promise<void> {
  const answered = replayed.filter(({ failure }) => failure === null);
  const failed = replayed.find(({ failure }) => failure !== null);
  story.promise(
    'no request failed, with two crashes and every canary',
    answered.length === replayed.length,
    `${answered.length} of ${replayed.length} answered${failed ? `; the first failure: ${failed.failure}` : ''}`,
  );
  const counts = await get<{ deployments: { captured: number; lost: number }[] }>(
    place,
    '/api/v1/endpoints/flights/captures',
  );
  const captured = counts.deployments.reduce((sum, one) => sum + one.captured, 0);
  const lost = counts.deployments.reduce((sum, one) => sum + one.lost, 0);
  story.promise(
    'every answer was captured, once',
    captured === answered.length && lost === 0,
    `${captured} captured, ${lost} lost`,
  );
  const { accepted = 0, late = 0, unknown = 0 } = labels.outcomes;
  const { labels: waiting } = await get<{ labels: unknown[] }>(
    place,
    '/api/v1/endpoints/flights/labels?waiting=true&limit=10',
  );
  story.promise(
    'every label found its prediction',
    accepted + late + unknown === labels.sent && waiting.length === 0,
    `${labels.sent} sent a week later; ${unknown} were there before their prediction was counted, ${waiting.length} wait`,
  );
  const away = Object.values(outages).map((outage) => (outage === null ? 0 : outage.milliseconds / 1000));
  story.promise(
    'the server was killed while traffic flowed and in the middle of a rollout',
    away.every((seconds) => seconds >= 3),
    `away for ${away.map((seconds) => `${seconds.toFixed(1)} s`).join(' and ')}`,
  );
}

async function tellMonitor(story: Story, place: Place): Promise<void> {
  const { windows } = await get<{ windows: { state: string; rows: number; alarms: Record<string, string[]> }[] }>(
    place,
    '/api/v1/endpoints/flights/windows?limit=100',
  );
  const closed = windows.filter(({ state }) => state === 'closed');
  const { alerts } = await get<{ alerts: Alert[] }>(place, '/api/v1/alerts?endpoint=flights&limit=100');
  const alarmed = closed.filter(({ alarms }) => Object.values(alarms).some((features) => features.length > 0));
  story.fact(`${closed.length} weekly windows closed; ${alarmed.length} of them alarm; ${alerts.length} alerts:`);
  for (const { signal, state, features, first_window, last_window } of alerts.toReversed()) {
    const [from, to] = [first_window, last_window].map((ref) => ref.split('@')[1]?.slice(0, 10));
    const about = features.length > 4 ? `${features.slice(0, 4).join(', ')} …` : features.join(', ');
    story.fact(`  ${signal.padEnd(16)} ${from} to ${to}  ${state.padEnd(12)} ${about}`);
  }
}

function tellFirings(
  story: Story,
  firings: readonly Firing[],
  { decisions, rollouts }: { readonly decisions: readonly Decision[]; readonly rollouts: readonly Rollout[] },
): void {
  story.fact(`${firings.length} firings of the policy:`);
  for (const { number, because, outcome, event_time, version } of firings) {
    const day = event_time === null ? '?' : new Date(event_time).toISOString().slice(0, 10);
    story.fact(`  ${number}  ${day}  ${(outcome ?? 'open').padEnd(10)} ${version ?? ''}  ${because.join('; ')}`);
  }
  const judged = decisions.filter(({ kind }) => kind === 'evaluation').toReversed();
  story.fact('Decisions of the gate:');
  for (const { verdict, headline } of judged) story.fact(`  ${(verdict ?? 'open').padEnd(8)} ${headline}`);
  const drift = firings.filter(({ alerts }) => alerts.length > 0);
  story.promise('drift of real flights led to a retraining', drift.length > 0, `${drift.length} firings by an alert`);
  story.promise(
    'each firing came to one end, with one decision',
    firings.length > 0 &&
      firings.every(({ outcome }) => ['promoted', 'not_better', 'aborted'].includes(outcome ?? '')) &&
      judged.length === firings.length,
    `${firings.length} firings, ${judged.length} decisions: ${countBy(firings.map(({ outcome }) => outcome ?? 'open'))}`,
  );
  const promoted = firings.filter(({ outcome }) => outcome === 'promoted');
  const ended = rollouts.filter(({ open, state }) => !open && state === 'promoted');
  story.promise(
    'a candidate that was better was promoted by a canary under load',
    promoted.length > 0 && ended.length === promoted.length,
    ended
      .map(({ version, answered }) => `${version.replace('version:', '')} after ${answered.canary} requests`)
      .join(', '),
  );
}

async function replayDecisions(story: Story, place: Place, decisions: readonly Decision[]): Promise<void> {
  const judged = decisions.filter(({ kind }) => kind === 'evaluation');
  const newest = judged[0];
  if (newest === undefined) return;
  const { identical } = await post<{ identical: boolean }>(place, `/api/v1/decisions/${newest.id}/replay`, '{}');
  story.promise('a decision that is computed again is the same', identical, `decision:${newest.id}`);
}

/** True numbers, month by month, also where the loop did not help. */
function tellMonths(story: Story, replayed: readonly Replayed[]): void {
  const answered = replayed.filter(({ failure }) => failure === null);
  const months = Map.groupBy(answered, ({ flight }) => flight.event_time.slice(0, 7));
  const row = (name: string, those: readonly Replayed[]) => {
    const looped = measure(those.map(({ probability, flight }) => ({ probability, late: flight.late })));
    const still = measure(those.map((one) => ({ probability: one.static, late: one.flight.late })));
    story.fact(line(name, still, looped));
    return { still, looped };
  };
  story.fact('');
  story.fact('month    flights  late     AUC static  looped           log loss static  looped');
  for (const [month, those] of [...months].sort()) if (those.length >= 200) row(month, those);
  const { still, looped } = row('all', answered);
  story.fact('');
  story.promise(
    'over the year the looped model is better than the static one',
    looped.logLoss < still.logLoss && looped.auc > still.auc,
    `log loss ${still.logLoss.toFixed(4)} → ${looped.logLoss.toFixed(4)}, AUC ${still.auc.toFixed(3)} → ${looped.auc.toFixed(3)}`,
  );
}

function line(name: string, still: Quality, looped: Quality): string {
  const gain = looped.auc - still.auc;
  const less = still.logLoss - looped.logLoss;
  const verdict = less < -0.0005 ? 'worse' : less > 0.0005 ? 'better' : 'the same';
  return [
    name.padEnd(8),
    String(looped.rows).padStart(7),
    `${((100 * looped.late) / looped.rows).toFixed(0)} %`.padStart(6),
    `${still.auc.toFixed(3)}   ${looped.auc.toFixed(3)}  ${signed(gain, 3)}`.padStart(30),
    `${still.logLoss.toFixed(4)}   ${looped.logLoss.toFixed(4)}  ${signed(-less, 4)}  ${verdict}`.padStart(40),
  ].join(' ');
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}

function countBy(words: readonly string[]): string {
  return [...Map.groupBy(words, (word) => word)].map(([word, those]) => `${those.length} ${word}`).join(', ');
}
