import { isAlive, type ProcessIdentity } from './identity.ts';
import { type FileLease, leaseHolder, takeLease, tryLease } from './lease-file.ts';

/**
 * Takes a lock that a living process of this machine never gives up: then `held` says what to throw. A holder that
 * cannot be seen from here is waited for until it counts as gone; `onWait` is called once.
 */
export async function holdLease(
  path: string,
  options: {
    readonly held: (holder: ProcessIdentity) => Error;
    readonly onWait: () => void;
    readonly signal?: AbortSignal;
  },
): Promise<FileLease> {
  const lease = await tryLease(path);
  if (lease) return lease;
  const holder = await leaseHolder(path);
  if (holder !== null && isAlive(holder)) throw options.held(holder);
  return takeLease(path, options.signal, options.onWait);
}
