import { type ConditionalTest, emptyTest, evidenceOf, observeEvents } from '../rollout-test/conditional-test.ts';
import { type Arms, type Guard, percentOf } from './guard.ts';

type ErrorClass = 'client' | 'model' | 'timeout' | 'overload';

interface ErrorState {
  readonly test: ConditionalTest;
  readonly canary: number;
  readonly baseline: number;
}

const NAMES: Readonly<Record<ErrorClass, string>> = {
  client: 'refused requests',
  model: 'faults of the model',
  timeout: 'missed deadlines',
  overload: 'requests that found too many before them',
};

/** Watches one class of errors: more of them in the canary than its share and what is tolerated. */
export function errorGuard(options: {
  readonly of: ErrorClass;
  readonly tolerate: number;
  readonly bad: 'abort' | 'hold';
  /** Evidence from which it acts. */
  readonly threshold: number;
}): Guard<ErrorState> {
  const { of, tolerate, bad, threshold } = options;
  return {
    name: of === 'client' ? 'refusals' : `errors.${of}`,
    begin: () => ({ test: emptyTest, canary: 0, baseline: 0 }),
    look({ test, canary, baseline }, arms: Arms) {
      const events = { weight: arms.weight, canary: arms.canary.errors[of], baseline: arms.baseline.errors[of] };
      return {
        test: observeEvents(test, events, tolerate),
        canary: canary + arms.canary.requests,
        baseline: baseline + arms.baseline.requests,
      };
    },
    verdict({ test, canary, baseline }) {
      const says = `${NAMES[of]}: ${percentOf(test.canary, canary)} of ${canary}, baseline ${percentOf(test.baseline, baseline)} of ${baseline}`;
      return { verdict: evidenceOf(test) >= threshold ? bad : 'pass', says };
    },
  };
}
