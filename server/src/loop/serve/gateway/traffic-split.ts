import { hash } from 'node:crypto';

/** Deployment id → percent; sums to 100, or empty when nobody may answer. */
export type Split = Readonly<Record<string, number>>;

export interface SplitQuestion {
  /** What the control server wants. */
  readonly wanted: Split;
  /** What was in force until now. */
  readonly former: Split;
  readonly isReady: (deployment: string) => boolean;
  /** False when it failed for good, or is unknown. */
  readonly isComing: (deployment: string) => boolean;
}

/**
 * The split in force. What is wanted, once all that it names are ready; until then the former one stays. After
 * a restart there is no former one: then those that are ready share it all, but not while others are still
 * coming and they are the smaller part, so that a canary never gets what belongs to the stable version.
 */
export function splitInForce({ wanted, former, isReady, isComing }: SplitQuestion): Split {
  const positive = withoutZeros(wanted);
  const names = Object.keys(positive);
  if (names.every(isReady)) return positive;
  const before = Object.keys(former);
  if (before.length > 0 && before.every(isReady)) return former;
  const ready = names.filter(isReady);
  const share = sum(ready.map((name) => positive[name] ?? 0));
  const othersCome = names.some((name) => !isReady(name) && isComing(name));
  if (ready.length === 0) return scale(former, before.filter(isReady));
  return othersCome && share < 50 ? {} : scale(positive, ready);
}

/**
 * Which deployment a point in [0, 100) falls on; null for an empty split. The newest one (ids grow with time) has the
 * low end: while a canary grows, its points stay its own.
 */
export function pickDeployment(split: Split, point: number): string | null {
  let end = 0;
  let last: string | null = null;
  for (const [deployment, percent] of Object.entries(split).sort(([a], [b]) => (a < b ? 1 : -1))) {
    end += percent;
    last = deployment;
    if (point < end) return deployment;
  }
  return last;
}

/** Where a key always falls, in [0, 100), on one endpoint: other endpoints draw anew. */
export function pointOf(endpoint: string, key: string): number {
  const digest = hash('sha1', `${endpoint}\u0000${key}`, 'buffer');
  return (digest.readUIntBE(0, 6) / 2 ** 48) * 100;
}

function withoutZeros(split: Split): Split {
  return Object.fromEntries(Object.entries(split).filter(([, percent]) => percent > 0));
}

function scale(split: Split, names: readonly string[]): Split {
  const total = sum(names.map((name) => split[name] ?? 0));
  if (total === 0) return {};
  return Object.fromEntries(names.map((name) => [name, ((split[name] ?? 0) / total) * 100]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
