import { hash } from 'node:crypto';

export interface Digest {
  readonly count: number;
  /** 64 hex digits: the sum modulo 2^256 of the SHA-256 of each line, so that the order of lines means nothing. */
  readonly sha256: string;
}

const MODULUS = 1n << 256n;

export function startDigest() {
  let count = 0;
  let sum = 0n;
  return {
    add(line: string): void {
      count += 1;
      sum += BigInt(`0x${hash('sha256', line, 'hex')}`);
    },
    end: (): Digest => ({ count, sha256: (sum % MODULUS).toString(16).padStart(64, '0') }),
  };
}

export function isSame(a: Digest | undefined, b: Digest | undefined): boolean {
  return a !== undefined && b !== undefined && a.count === b.count && a.sha256 === b.sha256;
}
