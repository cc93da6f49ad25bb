import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Client, createClient } from '@bucle/client';
import { createApp } from '../src/app.ts';
import type { Context } from '../src/context.ts';
import { tinyFolder } from '../src/engines/tiny-model.fixture.ts';
import { insertConversion } from '../src/loop/deploy/conversion.store.ts';
import { converterVersion } from '../src/loop/deploy/prepare/converter-version.ts';
import { modelDigest } from '../src/loop/deploy/prepare/fetch-model.ts';
import { storeFile } from '../src/loop/deploy/prepare/store-file.ts';
import { loadStages } from '../src/loop/index.ts';
import { registerLoggedModel } from '../src/loop/registry/index.ts';
import { runTracking } from '../src/loop/track/index.ts';
import { hexId } from '../src/platform/ids.ts';
import { logTinyModel, tinyFiles } from './log-tiny-model.ts';

type Inputs = Parameters<typeof runTracking.start>[1]['inputs'];

/** What was converted before is not converted again: whoever serves a model with these weights needs no Python. */
export async function plantTinyConversion(context: Context, weights: string): Promise<void> {
  const files = Object.entries(tinyFiles(weights)).map(([path, content]) => ({
    ...{ path, size: Buffer.byteLength(content) },
    sha256: createHash('sha256').update(content).digest('hex'),
  }));
  const key = { modelDigest: modelDigest(files), converter: await converterVersion() };
  const stored = [
    await storeFile(context.blobs, join(tinyFolder, 'model.onnx'), 'model.onnx'),
    await storeFile(context.blobs, join(tinyFolder, 'conversion.json'), 'conversion.json'),
  ];
  const conversion = { files: stored, reason: null };
  await context.db.transaction((trx) => insertConversion(trx, key, conversion, context.clock.now()));
}

/** A server over this context that answers, and does nothing by itself. */
export async function listening(context: Context): Promise<{ baseUrl: string; client: Client } & AsyncDisposable> {
  const app = await createApp(context, await loadStages());
  const baseUrl = await app.listen({ host: '127.0.0.1', port: 0 });
  return { baseUrl, client: createClient({ baseUrl }), [Symbol.asyncDispose]: () => app.close() };
}

/** Registers a version for each of these weights, of runs that were shown these datasets. */
export async function registerTinyModels(
  context: Context,
  baseUrl: string,
  { name, all, inputs = [] }: { readonly name: string; readonly all: readonly string[]; readonly inputs?: Inputs },
): Promise<void> {
  for (const weights of all) {
    const run = hexId();
    const started = { id: run, experiment: 'Default', name: 'test', user: 'test', tags: {}, inputs, startedAt: 1_000 };
    await context.db.transaction((trx) => runTracking.start(trx, started));
    const model = await logTinyModel({ baseUrl, run, weights });
    await plantTinyConversion(context, weights);
    const because = { description: null, actor: 'test', cause: null };
    await registerLoggedModel(context, { name, from: `model:${model}`, ...because });
  }
}
