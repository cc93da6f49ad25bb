import type { EnvironmentDifference } from './parity-report.ts';

/** Interpreter and packages of one place. */
export interface EnvironmentRecord {
  readonly python: string | null;
  readonly packages: Readonly<Record<string, string>>;
}

/**
 * What differs between where the golden answers were computed and here, the heavier first. Packages that are
 * only here are left out: an environment for serving has others around the model.
 */
export function compareEnvironments(recorded: EnvironmentRecord, here: EnvironmentRecord): EnvironmentDifference[] {
  const differences: EnvironmentDifference[] = [];
  if (recorded.python !== null && here.python !== null) {
    const level = differenceLevel(recorded.python, here.python);
    if (level !== null) {
      differences.push({ package: 'python', recorded: recorded.python, here: here.python, level });
    }
  }
  const installed = new Map(Object.entries(here.packages).map(([name, version]) => [normalName(name), version]));
  for (const [name, version] of Object.entries(recorded.packages)) {
    const own = installed.get(normalName(name)) ?? null;
    const level = own === null ? 'missing' : differenceLevel(version, own);
    if (level !== null) differences.push({ package: normalName(name), recorded: version, here: own, level });
  }
  return differences.sort((a, b) => RANK[b.level] - RANK[a.level] || (a.package < b.package ? -1 : 1));
}

const RANK: Readonly<Record<EnvironmentDifference['level'], number>> = {
  major: 4,
  minor: 3,
  patch: 2,
  missing: 1,
  added: 0,
};

/** As the package index compares names. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

function differenceLevel(a: string, b: string): 'major' | 'minor' | 'patch' | null {
  if (a === b) return null;
  const [aMajor, aMinor] = a.split('.');
  const [bMajor, bMinor] = b.split('.');
  if (aMajor !== bMajor) return 'major';
  return aMinor === bMinor ? 'patch' : 'minor';
}

/** Libraries whose stored models are only good for the minor version that wrote them. */
const VERSIONED: ReadonlySet<string> = new Set([
  'scikit-learn',
  'xgboost',
  'xgboost-cpu',
  'lightgbm',
  'catboost',
  'statsmodels',
  'torch',
  'tensorflow',
  'keras',
]);

/** A difference that stops a deployment even when all golden answers agree: they cover a few hundred rows only. */
export function blockingDifference(
  differences: readonly EnvironmentDifference[],
  libraries: readonly string[],
): EnvironmentDifference | null {
  const own = new Set(libraries.map(normalName));
  const blocking = differences.find(
    ({ package: name, level }) =>
      (level === 'minor' || level === 'major') && (own.size > 0 ? own.has(name) : VERSIONED.has(name)),
  );
  return blocking ?? null;
}

/** `scikit-learn 1.9.1 → 1.8.0`. */
export function describeDifference({ package: name, recorded, here }: EnvironmentDifference): string {
  return `${name} ${recorded ?? '(absent)'} → ${here ?? '(absent)'}`;
}
