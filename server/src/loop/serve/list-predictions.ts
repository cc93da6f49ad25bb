import type { Context } from '../../context.ts';
import type { Capture } from './capture/capture.ts';
import { type EndpointBatch, listBatchesOfEndpoint } from './captures.store.ts';
import { readCaptures } from './read-captures.ts';

const BATCHES_AT_ONCE = 50;

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
  for await (const batch of batchesOfEndpoint(parts, page)) {
    // The rest of the batches holds older ones only.
    if (found.length === limit && batch.maxId < (found.at(-1)?.id ?? '')) return found;
    const captures = (await readCaptures(parts, batch, endpoint)).filter((capture) => capture.endpoint === endpoint);
    const older = captures.filter(({ id }) => before === null || id < before);
    found = [...found, ...older].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, limit);
  }
  return found;
}

async function* batchesOfEndpoint(
  { db }: Pick<Context, 'db'>,
  { endpoint, before }: Page,
): AsyncGenerator<EndpointBatch> {
  for (let skip = 0; ; skip += BATCHES_AT_ONCE) {
    const batches = await listBatchesOfEndpoint(db.scan, endpoint, { before, limit: BATCHES_AT_ONCE, skip });
    yield* batches;
    if (batches.length < BATCHES_AT_ONCE) return;
  }
}
