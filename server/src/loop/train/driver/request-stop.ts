import { existsSync } from 'node:fs';
import { writeDurably } from '../../../platform/processes/durable-file.ts';
import type { AttemptFiles, StopRequest } from '../runner/attempt-folder.ts';

/** Tells the runner to end the attempt; the first reason stays. */
export async function requestStop(files: AttemptFiles, reason: StopRequest['reason']): Promise<void> {
  if (existsSync(files.stop)) return;
  await writeDurably(files.stop, JSON.stringify({ reason } satisfies StopRequest));
}
