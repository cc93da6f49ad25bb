import { Cron } from 'croner';

/** Schedules closer than this would only be noise: windows, labels and training take longer. */
const CLOSEST_MS = 60 * 60_000;

/** A watermark that jumps over years makes no more moments than this; the oldest are left out. */
const MOST_MOMENTS = 200;

/** Why a cron expression cannot be a schedule, or null. */
export function cronProblem(cron: string): string | null {
  if (cron.trim().split(/\s+/).length !== 5) return 'has not five fields: minute, hour, day, month, day of the week';
  let runs: Date[];
  try {
    runs = open(cron).nextRuns(3, new Date(Date.UTC(2024, 0, 1)));
  } catch {
    return 'is no cron expression; write five fields, like "0 3 * * 1" for each Monday at 03:00 UTC';
  }
  if (runs.length === 0) return 'never comes';
  const gaps = runs.slice(1).map((run, index) => run.getTime() - (runs[index]?.getTime() ?? 0));
  return gaps.some((gap) => gap < CLOSEST_MS) ? 'comes more often than once an hour' : null;
}

/** The next time after a moment, in milliseconds since the epoch; null: never. */
export function nextOccurrence(cron: string, after: number): number | null {
  return open(cron).nextRun(new Date(after))?.getTime() ?? null;
}

/** Every time in (after, until], oldest first; of very many the newest. */
export function occurrencesBetween(cron: string, after: number, until: number): number[] {
  const schedule = open(cron);
  const times: number[] = [];
  for (let at = schedule.nextRun(new Date(after)); at !== null && at.getTime() <= until; at = schedule.nextRun(at)) {
    times.push(at.getTime());
    if (times.length > MOST_MOMENTS) times.shift();
  }
  return times;
}

function open(cron: string): Cron {
  return new Cron(cron, { timezone: 'UTC', paused: true, mode: '5-part' });
}
