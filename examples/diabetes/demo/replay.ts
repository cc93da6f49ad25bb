import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bucleJson, type Place } from '../../../scripts/bucle-command.ts';
import { until } from '../../../scripts/until.ts';
import { get } from '../../flights/demo/api.ts';
import type { Story } from '../../flights/demo/story.ts';
import { type Answer, askModel, DAY_MS, labelTime, type Patient, writeLabels } from './patient.ts';

export interface Firing {
  readonly id: string;
  readonly number: number;
  readonly state: string;
  readonly because: readonly string[];
  readonly training: string | null;
  readonly new_rows: number | null;
  readonly holdout_rows: number | null;
  readonly version: string | null;
  readonly decision: string | null;
  readonly outcome: string | null;
  readonly summary: string | null;
}

export interface Replay {
  readonly answers: readonly Answer[];
  readonly labels: { readonly sent: number; readonly outcomes: Readonly<Record<string, number>> };
  readonly firing: Firing;
}

const WEEK_MS = 7 * DAY_MS;
/** While a rollout is open; the patients that are left must last for all of it. */
const REST_MS = 150;
const PATIENCE_MS = 300_000;

/** Sends week after week with the labels of the week before, until the policy fires; the others come during its canary. */
export async function replayPatients(
  story: Story,
  place: Place,
  { url, patients }: { readonly url: string; readonly patients: readonly Patient[] },
): Promise<Replay> {
  story.step('Send the other patients, their labels a week later, until the policy fires by itself');
  const answers: Answer[] = [];
  const labels = { sent: 0, outcomes: {} as Record<string, number> };
  const left = [...patients];
  const tellTruth = async (now: number) => {
    const known = answers.map(({ patient }) => patient).slice(labels.sent);
    const due = known.filter((patient) => labelTime(patient) <= now);
    await importLabels(place, due, labels);
  };
  let firing: Firing | null = null;
  while (firing === null && left.length > 0) {
    const end = weekEnd(left);
    for (const patient of takeUntil(left, end)) answers.push(await askModel(url, patient));
    await tellTruth(end);
    await untilClosed(place, end - WEEK_MS);
    story.progress(`until ${day(end)}: ${answers.length} patients answered, ${labels.sent} labelled`);
    if (labels.sent >= (await rowsThatFire(place)))
      firing = await until('the policy fires', PATIENCE_MS, () => newest(place));
  }
  if (firing === null) throw new Error('The patients are at an end, and the policy has not fired.');
  story.fact(`firing ${firing.number}: ${firing.because.join('; ')}`);
  const ended = await followFiring(story, place, async () => {
    const next = left.shift();
    if (next) answers.push(await askModel(url, next));
  });
  for (const patient of left.splice(0)) answers.push(await askModel(url, patient));
  await tellTruth(Number.POSITIVE_INFINITY);
  return { answers, labels, firing: ended };
}

/** Follows it to its end, and sends the next patient at each look while a rollout needs traffic. */
async function followFiring(story: Story, place: Place, sendNext: () => Promise<void>): Promise<Firing> {
  let told = '';
  return until('the firing comes to its end', PATIENCE_MS, async () => {
    const firing = await newest(place);
    if (firing === null) return null;
    if (firing.state !== told) story.progress(`firing ${firing.number}: ${firing.state.replace('_', ' ')}`);
    told = firing.state;
    if (firing.state === 'done') return firing;
    if (firing.state === 'rolling_out' && (await isCanary(place))) {
      await sendNext();
      await sleep(REST_MS);
    }
    return null;
  });
}

async function newest(place: Place): Promise<Firing | null> {
  const { firings } = await get<{ firings: Firing[] }>(place, '/api/v1/firings?endpoint=diabetes&limit=1');
  return firings[0] ?? null;
}

async function isCanary(place: Place): Promise<boolean> {
  const { rollouts } = await get<{ rollouts: { state: string }[] }>(
    place,
    '/api/v1/endpoints/diabetes/rollouts?limit=1',
  );
  return ['canary', 'promoting'].includes(rollouts[0]?.state ?? '');
}

/** What bucle.yaml says under `labels`. */
async function rowsThatFire(place: Place): Promise<number> {
  const { policy } = await get<{ policy: { triggers: { labels?: number }[] } }>(place, '/api/v1/policies/diabetes');
  return policy.triggers.find(({ labels }) => labels !== undefined)?.labels ?? Number.POSITIVE_INFINITY;
}

async function importLabels(
  place: Place,
  patients: readonly Patient[],
  labels: { sent: number; outcomes: Record<string, number> },
): Promise<void> {
  if (patients.length === 0) return;
  const folder = join(place.data, 'prepared');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `labels-${labels.sent}.jsonl`);
  await writeFile(file, writeLabels(patients));
  const words = ['labels', 'import', file, '--endpoint', 'diabetes'];
  const { outcomes } = await bucleJson<{ outcomes: Record<string, number> }>(place, words);
  for (const [name, count] of Object.entries(outcomes)) labels.outcomes[name] = (labels.outcomes[name] ?? 0) + count;
  labels.sent += patients.length;
}

/** The replay is much faster than the world: it waits until the windows before are judged. */
async function untilClosed(place: Place, end: number): Promise<void> {
  await until(`the windows before ${day(end)} are closed`, PATIENCE_MS, async () => {
    const { progress } = await get<{ progress: { closed_until: number | null } }>(place, '/api/v1/monitors/diabetes');
    // There is no window before the first week of traffic.
    return (progress.closed_until ?? end) >= end;
  });
}

/** Monday after the first of them. */
function weekEnd([first]: readonly Patient[]): number {
  const time = Date.parse(first?.event_time ?? '');
  const monday = 4 * DAY_MS;
  return monday + (Math.floor((time - monday) / WEEK_MS) + 1) * WEEK_MS;
}

function takeUntil(left: Patient[], end: number): Patient[] {
  const at = left.findIndex(({ event_time }) => Date.parse(event_time) >= end);
  return left.splice(0, at === -1 ? left.length : at);
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
