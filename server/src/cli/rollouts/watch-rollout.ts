import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, type Io } from '../command.ts';
import { formatDuration } from '../data/format.ts';
import { withRetries } from '../retry.ts';
import { describeRollout, getRollout, type Rollout, shortVersion } from './view.ts';

const POLL_MS = 300;
/** A step that takes long is told again, so that nobody thinks that it hangs. */
const REMIND_MS = 10_000;

/**
 * Follows a rollout to its end, and answers the exit code that tells how it ended; Ctrl-C leaves it alone. Pending
 * when the time is up before.
 */
export async function watchRollout(io: Io, started: Rollout, patienceMs = Number.POSITIVE_INFINITY): Promise<number> {
  const began = performance.now();
  const goesOn = () => io.note(`It goes on by itself; see \`bucle rollouts watch ${started.id}\`.`);
  const tell = createTeller(io, began);
  io.signal.addEventListener('abort', goesOn, { once: true });
  try {
    for (let rollout = started; ; rollout = await withRetries(io, () => getRollout(io, started.id))) {
      tell(rollout);
      if (!rollout.open) return tellEnd(io, rollout);
      if (performance.now() - began > patienceMs) {
        goesOn();
        if (io.json) io.printJson(rollout);
        return exitCodes.pending;
      }
      await sleep(POLL_MS, undefined, { signal: io.signal });
    }
  } finally {
    io.signal.removeEventListener('abort', goesOn);
  }
}

/** Tells another step or reason at once; numbers in a reason change all the time, and are told now and then. */
function createTeller(io: Pick<Io, 'note'>, began: number): (rollout: Rollout) => void {
  let [told, kind, toldAt] = ['', '', began];
  return (rollout) => {
    const line = describeRollout(rollout);
    const now = performance.now();
    const news = `${rollout.state} ${rollout.step} ${rollout.held?.kind ?? ''}`;
    if (news === kind && (now - toldAt < REMIND_MS || !rollout.open)) return;
    io.note(line === told ? `${line} (${formatDuration((now - began) / 1000)})` : line);
    [told, kind, toldAt] = [line, news, now];
  };
}

/** How it ended: promoted is 0, and what a guard or a person said no to is 3. */
function tellEnd(io: Io, rollout: Rollout): number {
  if (io.json) io.printJson(rollout);
  for (const says of Object.values(rollout.guards)) io.note(`  ${says}`);
  if (rollout.state === 'promoted') {
    io.note(`${shortVersion(rollout)} holds the stable traffic of ${rollout.endpoint}.`);
    io.note(`  back: bucle rollouts undo ${rollout.id} --reason TEXT`);
    return exitCodes.ok;
  }
  io.note(`error: ${describeRollout(rollout)}`);
  io.note(`  next: bucle rollouts show ${rollout.id}`);
  return exitCodes.saidNo;
}
