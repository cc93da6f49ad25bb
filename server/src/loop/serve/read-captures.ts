import type { Context } from '../../context.ts';
import type { Capture } from './capture/capture.ts';
import { BatchError, expand } from './capture/capture-batch.ts';
import { serveErrors } from './errors.ts';

/** The lines of a stored batch that hold `text`, parsed. @throws SERVE_CAPTURES_DAMAGED */
export async function readCaptures({ blobs }: Pick<Context, 'blobs'>, blob: string, text: string): Promise<Capture[]> {
  const stored = await blobs.get(blob);
  if (!stored) throw serveErrors.CAPTURES_DAMAGED({ blob });
  const pieces: Uint8Array[] = [];
  for await (const piece of stored.body) pieces.push(piece as Uint8Array);
  const bytes = await expand(Buffer.concat(pieces)).catch((cause: unknown) => {
    throw cause instanceof BatchError ? serveErrors.CAPTURES_DAMAGED({ blob }, { cause }) : cause;
  });
  const [, ...lines] = bytes.toString('utf8').split('\n');
  return lines.filter((line) => line.includes(text)).map((line) => JSON.parse(line) as Capture);
}
