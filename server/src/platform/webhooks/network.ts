import { type Resolve, resolveByDns } from './check-target.ts';

/** The outer network, as far as tests replace it. */
export interface Network {
  readonly resolve: Resolve;
  /** For one attempt, in all. */
  readonly timeoutMs: number;
  /** Certificate authorities in place of those of Node. */
  readonly ca?: string;
}

export const realNetwork: Network = { resolve: resolveByDns, timeoutMs: 15_000 };
