import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is neither false nor null. @throws when the time is up */
export async function until<T>(what: string, milliseconds: number, ask: () => Promise<T | false | null>): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null) return answer;
    if (Date.now() > end) throw new Error(`After ${milliseconds / 1000} s it still does not hold that ${what}.`);
    await sleep(100);
  }
}
