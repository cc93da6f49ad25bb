/** Milliseconds at which the first bin begins. */
export const LATENCY_UNIT_MS = 0.1;
const LAST = 95;

/** Bin k holds from 2^(k/4) to 2^((k+1)/4) times 0.1 ms; the last one everything above 1.4 million ms. */
export function latencyBin(ms: number): number {
  const bin = Math.floor(4 * Math.log2(Math.max(ms, LATENCY_UNIT_MS) / LATENCY_UNIT_MS));
  return Math.min(LAST, Math.max(0, bin));
}

/** Milliseconds where the bin ends. */
export function latencyBinEnd(bin: number): number {
  return LATENCY_UNIT_MS * 2 ** ((bin + 1) / 4);
}
