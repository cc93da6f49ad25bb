import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, type Io } from '../command.ts';
import { describeFiring, type FiringView, getFiring } from '../policies/view.ts';
import { withRetries } from '../retry.ts';

const POLL_MS = 500;

/** Follows a firing to its end: promoted is 0, a gate or rollout that said no is 3, a failure is 1. Ctrl-C leaves it alone. */
export async function watchFiring(io: Io, started: FiringView): Promise<number> {
  let told = '';
  const goesOn = () => io.note(`It goes on by itself; see \`bucle firings watch ${started.id}\`.`);
  io.signal.addEventListener('abort', goesOn, { once: true });
  try {
    for (let firing = started; ; firing = await withRetries(io, () => getFiring(io, started.id))) {
      const line = describeFiring(firing);
      if (line !== told) io.note(line);
      told = line;
      if (firing.outcome !== null) return tellEnd(io, firing);
      await sleep(POLL_MS, undefined, { signal: io.signal });
    }
  } finally {
    io.signal.removeEventListener('abort', goesOn);
  }
}

function tellEnd(io: Io, firing: FiringView): number {
  if (io.json) io.printJson(firing);
  if (firing.next !== null) io.note(`  next: ${firing.next}`);
  if (firing.outcome === 'promoted') return exitCodes.ok;
  return firing.outcome === 'failed' ? exitCodes.failed : exitCodes.saidNo;
}
