import { faultsOf, type Guard, percentOf } from './guard.ts';

interface OutageState {
  /** Of this step. */
  readonly requests: number;
  readonly faults: number;
  readonly baselineRequests: number;
  readonly baselineFaults: number;
}

/** Faults count so while they are at least this share: five of twenty. */
const SHARE = 0.25;

/**
 * The hard guard: so many faults, and at least a quarter of the canary's requests, end it at once, without any
 * statistics. It begins anew with each step, and needs no baseline; where there is one that fails as often, it is no
 * fault of the candidate.
 */
export function outageGuard({ faults: limit }: { readonly faults: number }): Guard<OutageState> {
  return {
    name: 'outage',
    begin: () => ({ requests: 0, faults: 0, baselineRequests: 0, baselineFaults: 0 }),
    look: (state, { canary, baseline }) => ({
      requests: state.requests + canary.requests,
      faults: state.faults + faultsOf(canary),
      baselineRequests: state.baselineRequests + baseline.requests,
      baselineFaults: state.baselineFaults + faultsOf(baseline),
    }),
    verdict({ requests, faults, baselineRequests, baselineFaults }) {
      const usual = baselineRequests === 0 ? 0 : baselineFaults / baselineRequests;
      const share = requests === 0 ? 0 : faults / requests;
      const isOut = faults >= limit && share >= SHARE && share >= 2 * usual;
      return {
        verdict: isOut ? 'abort' : 'pass',
        says: `faults in this step: ${faults} of ${requests} (${percentOf(faults, requests)})`,
      };
    },
  };
}
