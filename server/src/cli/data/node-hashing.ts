import { createHash, hash } from 'node:crypto';
import type { Hashing } from '@bucle/client/chunks';

/** SHA-256 by the processor's own instructions. */
export const nodeHashing: Hashing = {
  digest: (bytes) => hash('sha256', bytes),
  start() {
    const whole = createHash('sha256');
    return { update: (bytes) => void whole.update(bytes), digest: () => whole.digest('hex') };
  },
};
