import type { Context } from '../../context.ts';
import type { Capture } from './capture/capture.ts';
import { BatchError, expand } from './capture/capture-batch.ts';
import { type BatchPlace, findBlob } from './captures.store.ts';
import { serveErrors } from './errors.ts';

type Parts = Pick<Context, 'db' | 'blobs'>;

/** The captures of a batch whose lines hold `text`; none when the batch is not kept any more. @throws SERVE_CAPTURES_DAMAGED */
export async function readCaptures(parts: Parts, batch: BatchPlace, text: string): Promise<Capture[]> {
  const found = await readBlob(parts, batch);
  if (found === null) return [];
  const bytes = await expand(found.bytes).catch((cause: unknown) => {
    throw cause instanceof BatchError ? serveErrors.CAPTURES_DAMAGED({ blob: found.blob }, { cause }) : cause;
  });
  const [, ...lines] = bytes.toString('utf8').split('\n');
  return lines.filter((line) => line !== '' && line.includes(text)).map(parseCapture);
}

/** The bytes of a batch, wherever it lies by now; null when it is not kept any more. @throws SERVE_CAPTURES_DAMAGED */
export async function readBlob(
  { db, blobs }: Parts,
  { blob: last, ...batch }: BatchPlace,
): Promise<{ blob: string; bytes: Buffer } | null> {
  for (let blob = last; ; ) {
    const stored = await blobs.get(blob);
    if (stored) {
      const pieces: Uint8Array[] = [];
      for await (const piece of stored.body) pieces.push(piece as Uint8Array);
      return { blob, bytes: Buffer.concat(pieces) };
    }
    // It may have moved, or gone, since it was looked up.
    const now = await findBlob(db.read, batch);
    if (now === null) return null;
    if (now === blob) throw serveErrors.CAPTURES_DAMAGED({ blob });
    blob = now;
  }
}

// Gateways that knew no keys yet wrote none.
function parseCapture(line: string): Capture {
  return { key: null, keys: null, event_times: null, ...(JSON.parse(line) as object) } as Capture;
}
