import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Place } from '../../../scripts/bucle-command.ts';
import { run } from '../../../scripts/bucle-command.ts';
import { until } from '../../../scripts/until.ts';
import { killServer } from './kill-server.ts';
import { type Answer, areaUnderCurve, type Flight, sendFlights } from './send-flights.ts';
import { python } from './start.ts';
import type { Story } from './story.ts';

const DAY = '2013-03-01';
const SECONDS = 12;
const script = fileURLToPath(new URL('../traffic.py', import.meta.url));

export async function predictDay(story: Story, place: Place, url: string): Promise<readonly Answer[]> {
  story.step(`Send a day of real flights, and kill the server while they flow`);
  const text = await run(python, [script, '--from', DAY, '--to', '2013-03-02']);
  const flights = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Flight);
  story.fact(`${flights.length} flights of ${DAY} → POST ${url}; the client never retries`);
  const sending = sendFlights(url, flights, { seconds: SECONDS });
  await sleep(SECONDS * 300);
  const outage = await killServer(place);
  const answers = await sending;
  const answered = answers.filter(({ failure }) => failure === null);
  const failed = answers.find(({ failure }) => failure !== null);
  const seconds = (outage.milliseconds / 1000).toFixed(1);
  story.promise('the server was away for 3 s, again', outage.milliseconds >= 3_000, `${seconds} s`);
  story.promise(
    'every request was answered',
    answered.length === flights.length,
    `${answered.length} of ${flights.length}${failed ? `; the first failure: ${failed.failure}` : ''}`,
  );
  const ids = new Set(answered.map(({ predictionId }) => predictionId ?? ''));
  const captured = await untilCaptured(place, ids);
  story.promise(
    'every answered prediction was captured, once',
    captured.missing === 0 && captured.total === ids.size && ids.size === answered.length,
    `${captured.total} captured, ${captured.missing} missing`,
  );
  story.fact(`AUC on that day, once the flights had arrived: ${areaUnderCurve(answered).toFixed(3)}`);
  return answered;
}

/** Waits for the delivery, then compares the ids one by one. */
async function untilCaptured(place: Place, ids: ReadonlySet<string>): Promise<{ total: number; missing: number }> {
  return until('the captures are delivered', 30_000, async () => {
    const found = await capturedIds(place);
    const missing = [...ids].filter((id) => !found.includes(id)).length;
    return missing === 0 ? { total: found.length, missing } : null;
  }).catch(async () => {
    const found = await capturedIds(place);
    return { total: found.length, missing: [...ids].filter((id) => !found.includes(id)).length };
  });
}

async function capturedIds({ serverUrl }: Place): Promise<string[]> {
  const ids: string[] = [];
  for (let before: string | null = null; ; ) {
    const query = new URLSearchParams({ limit: '200', ...(before === null ? {} : { before }) });
    const answer = await fetch(`${serverUrl}/api/v1/endpoints/flights/predictions?${query}`);
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const page = (await answer.json()) as { predictions: { id: string }[]; next: string | null };
    ids.push(...page.predictions.map(({ id }) => id));
    if (page.next === null) return ids;
    before = page.next;
  }
}
