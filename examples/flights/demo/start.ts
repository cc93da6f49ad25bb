import type { Place } from '../../../scripts/bucle-command.ts';
import { startFresh } from '../../../scripts/fresh-bucle.ts';
import type { Story } from './story.ts';

/** How long a killed server stays down: long enough for everybody to notice. */
const RESTART_DELAY_MS = 3_200;

/** A fresh Bucle in a folder of the demo's own; disposing stops it. */
export async function startDemo(story: Story): Promise<Place & AsyncDisposable> {
  story.step('Start Bucle: one command, nothing else installed');
  const started = Date.now();
  const place = await startFresh('demo', { BUCLE_RESTART_DELAY_MS: String(RESTART_DELAY_MS) });
  story.fact(`$ bucle up`);
  story.fact(
    `server ${place.serverUrl}, gateway ${place.gatewayUrl}, after ${Date.now() - started} ms; data in ${place.data}`,
  );
  return place;
}
