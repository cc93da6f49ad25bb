import { setTimeout as sleep } from 'node:timers/promises';
import type { Flight } from './flight.ts';

export interface Answer {
  readonly flight: Flight;
  /** `null`: no 2xx answer came. */
  readonly predictionId: string | null;
  readonly probability: number;
  /** `version:flights/3` */
  readonly version: string | null;
  readonly failure: string | null;
}

/** How fast the caller goes now: as fast as the gateway answers, at a walk, or not at all. */
export interface Pace {
  /** Milliseconds to rest before the next request; resolves when the caller may go on. */
  next(): Promise<number>;
}

const CALLERS = 12;

/** Sends each flight once, from a few callers at a time. Nobody retries: what fails stays a failure. */
export async function sendFlights(url: string, flights: readonly Flight[], pace: Pace): Promise<Answer[]> {
  const answers: Answer[] = [];
  let at = 0;
  const call = async () => {
    for (;;) {
      const rest = await pace.next();
      const flight = flights[at];
      at += 1;
      if (flight === undefined) return;
      if (rest > 0) await sleep(rest);
      answers.push(await sendOne(url, flight));
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return answers;
}

async function sendOne(url: string, flight: Flight): Promise<Answer> {
  const nothing = { flight, predictionId: null, probability: Number.NaN, version: null };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'bucle-event-time': flight.event_time,
        'bucle-key': flight.key,
      },
      body: JSON.stringify({ dataframe_records: [flight.features] }),
    });
    const text = await response.text();
    if (!response.ok) return { ...nothing, failure: `${response.status} ${text.slice(0, 200)}` };
    const { predictions } = JSON.parse(text) as { predictions: [readonly number[]] };
    return {
      flight,
      predictionId: response.headers.get('bucle-prediction-id'),
      probability: predictions[0][1] ?? Number.NaN,
      version: response.headers.get('bucle-model-version'),
      failure: null,
    };
  } catch (error) {
    return { ...nothing, failure: String(error) };
  }
}

/** What one version says of many flights at once, in their order. */
export async function predictMany(url: string, flights: readonly Flight[]): Promise<number[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: flights.map(({ features }) => features) }),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const { predictions } = (await response.json()) as { predictions: readonly (readonly number[])[] };
  return predictions.map((one) => one[1] ?? Number.NaN);
}
