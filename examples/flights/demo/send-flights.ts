import { setTimeout as sleep } from 'node:timers/promises';

/** One flight as the caller of the model sends it; the truth stays here. */
export interface Flight {
  readonly key: string;
  readonly event_time: string;
  readonly features: Readonly<Record<string, unknown>>;
  readonly late: boolean;
}

export interface Answer {
  readonly flight: Flight;
  /** `null`: no 2xx answer came. */
  readonly predictionId: string | null;
  readonly probability: number;
  readonly version: string | null;
  readonly failure: string | null;
}

/**
 * Sends each flight once, at a steady pace, from a few callers at a time. Nobody retries:
 * a refused or broken request stays a failure.
 */
export async function sendFlights(
  url: string,
  flights: readonly Flight[],
  options: { seconds: number; onSent?: (count: number) => void },
): Promise<Answer[]> {
  const pause = (options.seconds * 1000) / Math.max(1, flights.length);
  const start = Date.now();
  const answers: Promise<Answer>[] = [];
  for (const [index, flight] of flights.entries()) {
    const due = start + index * pause;
    if (due > Date.now()) await sleep(due - Date.now());
    answers.push(sendOne(url, flight));
    options.onSent?.(index + 1);
  }
  return Promise.all(answers);
}

async function sendOne(url: string, flight: Flight): Promise<Answer> {
  const nothing = { flight, predictionId: null, probability: Number.NaN, version: null };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'bucle-event-time': flight.event_time },
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

/** Area under the ROC curve, by ranks, ties counted half. */
export function areaUnderCurve(answers: readonly Answer[]): number {
  const sorted = answers.filter(({ failure }) => failure === null).sort((a, b) => a.probability - b.probability);
  let rankSum = 0;
  let late = 0;
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j < sorted.length && sorted[j]?.probability === sorted[i]?.probability) j += 1;
    const rank = (i + 1 + j) / 2;
    const lateHere = sorted.slice(i, j).filter(({ flight }) => flight.late).length;
    rankSum += rank * lateHere;
    late += lateHere;
    i = j;
  }
  const onTime = sorted.length - late;
  return (rankSum - (late * (late + 1)) / 2) / (late * onTime);
}
