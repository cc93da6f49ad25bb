/** With the delays below the last is tried between 11 and 23 hours after the first. */
export const MOST_ATTEMPTS = 15;
const FIRST_MS = 5_000;

/** How long to wait after the attempt with this number; null: that was the last. Doubles, and varies by half. */
export function retryDelay(attempt: number, random: () => number = Math.random): number | null {
  if (attempt >= MOST_ATTEMPTS) return null;
  return Math.round(FIRST_MS * 2 ** (attempt - 1) * (0.5 + random() / 2));
}
