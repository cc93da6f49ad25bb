import { setTimeout as sleep } from 'node:timers/promises';
import { fillPath } from '@bucle/client';
import { exitCodes, type Io } from '../command.ts';
import { withRetries } from '../retry.ts';
import type { Decision } from './view.ts';

const POLL_MS = 300;

/** Until it is made, telling each step; it goes on by itself when nobody waits. */
export async function waitForDecision(io: Io, asked: Decision): Promise<Decision> {
  const path = fillPath('/api/v1/decisions/{decision}', { decision: asked.id });
  let told = '';
  for (let decision = asked; ; ) {
    const step = decision.progress ?? decision.state;
    if (step !== told && decision.state !== 'made') io.note(step);
    told = step;
    if (decision.state === 'made') return decision;
    await sleep(POLL_MS, undefined, { signal: io.signal });
    decision = await withRetries(io, () => io.client.request<Decision>('GET', path, { signal: io.signal }));
  }
}

/** "Keep the champion" is an answer, and so is "nothing was shown"; a script tells them apart. */
export function exitCodeOf({ verdict, state }: Pick<Decision, 'verdict' | 'state'>): number {
  if (state !== 'made') return exitCodes.pending;
  if (verdict === 'promote') return exitCodes.ok;
  return verdict === 'keep' ? exitCodes.saidNo : exitCodes.failed;
}
