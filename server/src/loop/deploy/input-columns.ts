import type { Context } from '../../context.ts';
import { parseMlModel } from '../../engines/mlmodel.ts';
import { BucleError } from '../../platform/errors.ts';
import { openModelFile } from '../track/index.ts';

/** Names of the columns that a logged model takes; null when it does not say, or goes by position. */
export async function inputColumns(parts: Pick<Context, 'db' | 'blobs'>, modelId: string): Promise<string[] | null> {
  try {
    const file = await openModelFile(parts, modelId, 'MLmodel');
    if (!file) return null;
    const pieces: Uint8Array[] = [];
    for await (const piece of file.body) pieces.push(piece as Uint8Array);
    const inputs = parseMlModel(Buffer.concat(pieces).toString('utf8')).signature?.inputs;
    if (inputs?.kind !== 'columns') return null;
    const names = inputs.columns.flatMap(({ name }) => name ?? []);
    return names.length === 0 ? null : names;
  } catch (error) {
    // A model that was deleted, lies elsewhere or cannot be read says nothing.
    if (error instanceof BucleError && !error.retryable) return null;
    throw error;
  }
}
