import type { Signal } from './signal.ts';
import type { TestState } from './statistics/index.ts';

/** `drift` is one window, `slow_drift` the last four together; the others are about a share or a number of rows. */
export const tests = ['drift', 'slow_drift', 'missing', 'invalid', 'out_of_range', 'unseen', 'volume'] as const;
export type TestName = (typeof tests)[number];

/** One test on one window, with all that is needed to explain it. */
export interface WindowResult {
  readonly signal: Signal;
  /** `prediction` for the signal of predictions, '' for the volume. */
  readonly feature: string;
  readonly test: TestName;
  readonly state: TestState;
  readonly pValue: number | null;
  readonly alpha: number;
  /** Jensen–Shannon distance (base 2), change of a share, or factor of rows. */
  readonly effect: number | null;
  /** Values of the reference, and of the window. */
  readonly n: number;
  readonly m: number;
  readonly bins: number | null;
  readonly method: string;
  /** The whole result of the statistic. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** States after which a signal is known to be clean or not. */
const JUDGED: readonly TestState[] = ['ok', 'changed_small', 'alarm'];

/** Features that alarm, each once. */
export function alarmsOf(results: readonly WindowResult[], signal: Signal): string[] {
  const alarming = results.filter((result) => result.signal === signal && result.state === 'alarm');
  return [...new Set(alarming.map(({ feature }) => feature))].sort();
}

export function isJudged(results: readonly WindowResult[], signal: Signal): boolean {
  return results.some((result) => result.signal === signal && JUDGED.includes(result.state));
}

const WORDS: Readonly<Record<TestName, string>> = {
  drift: 'distribution',
  slow_drift: 'distribution of the last 4 windows',
  missing: 'missing values',
  invalid: 'invalid values',
  out_of_range: 'values out of range',
  unseen: 'unseen values',
  volume: 'rows',
};

/** `temp: PSI .12, p 3e-7 < 2e-4, alarm`: what a test found, on one line. */
export function describeResult({ feature, test, state, pValue, alpha, effect, detail }: WindowResult): string {
  const subject = test === 'volume' ? 'volume' : test === 'drift' ? feature : `${feature} (${WORDS[test]})`;
  const words = [effectWords(test, effect, detail), pValue === null ? null : pWords(pValue, alpha), STATES[state]];
  return `${subject}: ${words.filter((word) => word !== null).join(', ')}`;
}

const STATES: Readonly<Record<TestState, string>> = {
  ok: 'ok',
  changed_small: 'changed, small',
  alarm: 'alarm',
  insufficient: 'too few rows',
  learning: 'learning',
  not_applicable: 'nothing to compare',
  error: 'error',
};

function effectWords(test: TestName, effect: number | null, detail: Readonly<Record<string, unknown>>): string | null {
  if (test === 'drift' || test === 'slow_drift') {
    const { psi } = detail;
    return typeof psi === 'number' ? `PSI ${short(psi)}` : null;
  }
  if (effect === null) return null;
  if (test === 'volume') return `${short(effect)} times the usual rows`;
  return `${effect >= 0 ? '+' : '−'}${short(Math.abs(effect) * 100)} points`;
}

function pWords(p: number, alpha: number): string {
  return `p ${short(p)} ${p <= alpha ? '<' : '>'} ${short(alpha)}`;
}

/** Two digits that matter: `.12`, `3e-7`, `1.4`. */
export function short(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(0);
  return String(Number(value.toPrecision(2))).replace(/^(-?)0\./, '$1.');
}

const LISTED = 3;

/** One sentence about the alarms of a signal: the largest effects first. */
export function summarise(results: readonly WindowResult[], signal: Signal): string {
  const alarming = results.filter((result) => result.signal === signal && result.state === 'alarm');
  const ranked = alarming.toSorted((a, b) => Math.abs(b.effect ?? 0) - Math.abs(a.effect ?? 0));
  const more = ranked.length - LISTED;
  return `${ranked.slice(0, LISTED).map(describeResult).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
