import { hash } from 'node:crypto';

/** How many rows a set has, and what its rows are, whatever their order. */
export interface SetDigest {
  readonly count: number;
  /** 64 hex digits; all 0 for the empty set. */
  readonly sha256: string;
}

export interface SetHash {
  /** A row in its canonical form. */
  add(row: readonly (string | number | null)[]): void;
  digest(): SetDigest;
}

const MODULUS = 1n << 256n;

/**
 * The sum, modulo 2^256, of the SHA-256 of each row: rows may come in any order and in any number of pieces, and
 * equal sums of two sources that nobody tampered with mean equal rows.
 */
export function createSetHash(): SetHash {
  let count = 0;
  let sum = 0n;
  return {
    add(row) {
      count += 1;
      sum += BigInt(`0x${hash('sha256', JSON.stringify(row), 'hex')}`);
    },
    digest: () => ({ count, sha256: (sum % MODULUS).toString(16).padStart(64, '0') }),
  };
}

export function digestRows(rows: Iterable<readonly (string | number | null)[]>): SetDigest {
  const set = createSetHash();
  for (const row of rows) set.add(row);
  return set.digest();
}

export function sameDigest(a: SetDigest | undefined, b: SetDigest | undefined): boolean {
  return a !== undefined && b !== undefined && a.count === b.count && a.sha256 === b.sha256;
}
