import { readFile } from 'node:fs/promises';

/** One flight as the caller of the model knows it; the truth stays here until the flight has arrived. */
export interface Flight {
  readonly key: string;
  /** ISO 8601, UTC. */
  readonly event_time: string;
  readonly features: Readonly<Record<string, unknown>>;
  readonly late: boolean;
}

/** Flights of one week, Monday to Sunday in UTC, in the order of departure. */
export interface Week {
  /** 1, 2, … of the traffic. */
  readonly number: number;
  /** Monday, milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly flights: readonly Flight[];
}

export const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** The first Monday of the epoch. */
const MONDAY = 4 * DAY_MS;

export async function readWeeks(file: string): Promise<Week[]> {
  const flights = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Flight);
  const groups = Map.groupBy(flights, (flight) => weekStart(timeOf(flight)));
  return [...groups].map(([start, those], index) => ({
    ...{ number: index + 1, start, end: start + WEEK_MS, flights: those },
  }));
}

export function timeOf({ event_time }: Flight): number {
  return Date.parse(event_time);
}

function weekStart(time: number): number {
  return MONDAY + Math.floor((time - MONDAY) / WEEK_MS) * WEEK_MS;
}
