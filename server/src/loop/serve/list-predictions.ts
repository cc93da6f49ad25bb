import type { Context } from '../../context.ts';
import type { Capture } from './capture/capture.ts';
import { type EndpointBlob, listBlobsOfEndpoint } from './captures.store.ts';
import { readCaptures } from './read-captures.ts';

const BLOBS_AT_ONCE = 50;

interface Page {
  readonly endpoint: string;
  /** Id of a request; only older ones are listed. */
  readonly before: string | null;
  readonly limit: number;
}

/** The requests of an endpoint, newest first; several gateways' are in one order. */
export async function listPredictions(parts: Pick<Context, 'db' | 'blobs'>, page: Page): Promise<Capture[]> {
  const { endpoint, before, limit } = page;
  let found: Capture[] = [];
  for await (const { blob, maxId } of blobsOfEndpoint(parts, page)) {
    // The rest of the blobs holds older ones only.
    if (found.length === limit && maxId < (found.at(-1)?.id ?? '')) return found;
    const captures = (await readCaptures(parts, blob, endpoint)).filter((capture) => capture.endpoint === endpoint);
    const older = captures.filter(({ id }) => before === null || id < before);
    found = [...found, ...older].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, limit);
  }
  return found;
}

async function* blobsOfEndpoint({ db }: Pick<Context, 'db'>, { endpoint, before }: Page): AsyncGenerator<EndpointBlob> {
  for (let skip = 0; ; skip += BLOBS_AT_ONCE) {
    const blobs = await listBlobsOfEndpoint(db.scan, endpoint, { before, limit: BLOBS_AT_ONCE, skip });
    yield* blobs;
    if (blobs.length < BLOBS_AT_ONCE) return;
  }
}
