/**
 * The gear table of manifest v1: one 32-bit constant per byte value. It is part of the format:
 * another table would cut every file elsewhere, and nothing would deduplicate any more.
 *
 * Rule: SplitMix64 (Steele, Lea and Flood 2014) from the state 0x6275636c65 ("bucle" in ASCII);
 * entry i is the upper 32 bits of output i. The digest of the table is frozen in gear.test.ts.
 */
export function gearTable(): Int32Array {
  const table = new Int32Array(256);
  let state = SEED;
  for (let i = 0; i < 256; i++) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    table[i] = Number(BigInt.asIntN(32, mix(state) >> 32n));
  }
  return table;
}

const SEED = 0x6275636c65n;

function mix(state: bigint): bigint {
  let z = state;
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
