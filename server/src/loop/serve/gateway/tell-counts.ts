import type { ArmCounting } from './count-arms.ts';
import type { Fleet } from './fleet.ts';

const EVERY_MS = 1_000;

/** Endpoints whose versions are compared: watched by a rollout, or with several versions that have traffic. */
export function comparedEndpoints(fleet: Pick<Fleet, 'endpoints'>): Set<string> {
  const compared = fleet
    .endpoints()
    .filter(({ desired, split }) => desired.watched || Object.keys(split).length > 1)
    .map(({ desired }) => desired.name);
  return new Set(compared);
}

/** Rings once a second at most while requests to such endpoints are counted. */
export function tellCounts(
  { fleet, arms }: { readonly fleet: Pick<Fleet, 'endpoints'>; readonly arms: ArmCounting },
  news: () => void,
): AsyncDisposable {
  let told = 0;
  const timer = setInterval(() => {
    const total = arms.total();
    if (total === told || comparedEndpoints(fleet).size === 0) return;
    told = total;
    news();
  }, EVERY_MS);
  timer.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}
