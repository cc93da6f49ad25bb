import { setTimeout as sleep } from 'node:timers/promises';
import { fillPath } from '@bucle/client';
import type { Io } from '../command.ts';
import { formatDuration } from '../data/format.ts';
import { withRetries } from '../retry.ts';
import type { Deployment } from './view.ts';

const POLL_MS = 300;
/** A step that takes long is told again, so that nobody thinks that it hangs. */
const REMIND_MS = 10_000;
/** How long a gateway may take to give the traffic that it was told to. */
const SERVING_MS = 15_000;

/** Follows it to `ready`, `failed` or `retired`, telling each step; `null` when the time is up. */
export async function waitUntilReady(io: Io, accepted: Deployment, end: number): Promise<Deployment | null> {
  const began = performance.now();
  let told = '';
  let toldAt = began;
  for (let deployment = accepted; ; deployment = await look(io, accepted)) {
    const step = describeStep(deployment);
    const now = performance.now();
    if (step !== told || now - toldAt > REMIND_MS) {
      io.note(step === told ? `${step} (${formatDuration((now - began) / 1000)})` : step);
      [told, toldAt] = [step, now];
    }
    if (['ready', 'failed', 'retired'].includes(deployment.state)) return deployment;
    if (performance.now() > end) return null;
    await sleep(POLL_MS, undefined, { signal: io.signal });
  }
}

/** Until the gateways do give it the traffic that it shall have; tells when they take too long. */
export async function waitUntilServing(io: Io, ready: Deployment, end: number): Promise<Deployment> {
  const until = Math.min(end, performance.now() + SERVING_MS);
  for (let deployment = ready; ; deployment = await look(io, ready)) {
    if (deployment.gateways.every(({ traffic }) => traffic === deployment.traffic)) return deployment;
    if (performance.now() > until) {
      io.note(`warning: no gateway has taken over the new split so far (wanted: ${deployment.traffic} %).`);
      return deployment;
    }
    await sleep(POLL_MS, undefined, { signal: io.signal });
  }
}

function look(io: Io, { endpoint: name, id }: Deployment): Promise<Deployment> {
  const path = fillPath('/api/v1/endpoints/{name}/deployments/{id}', { name, id });
  // The work goes on while the server is away, so that waiting may too.
  return withRetries(io, () => io.client.request<Deployment>('GET', path, { signal: io.signal }));
}

/** `preparing: installing scikit-learn`. */
function describeStep({ state, progress, gateways }: Deployment): string {
  const waits = state === 'verifying' ? gateways.find(({ reason }) => reason !== null)?.reason : null;
  const what = progress ?? waits ?? null;
  return what === null || state === 'ready' ? state : `${state}: ${what}`;
}
