import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { tinyFolder } from '../../engines/tiny-model.fixture.ts';
import { insertConversion } from './conversion.store.ts';
import type { StoredFile } from './deployment.ts';
import { makeTiny, type TinyModel } from './model-source.fixture.ts';
import { converterVersion } from './prepare/converter-version.ts';
import { modelDigest } from './prepare/fetch-model.ts';
import { storeFile } from './prepare/store-file.ts';

const INPUTS = JSON.stringify([
  { type: 'double', name: 'distance', required: true },
  { type: 'double', name: 'hour', required: true },
  { type: 'string', name: 'carrier', required: true },
]);
const OUTPUTS = JSON.stringify([{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 2] } }]);

/** A scikit-learn version whose ONNX form was converted before, so that a gateway serves it without any Python. */
export async function makeTinyOnnx(
  parts: Pick<Context, 'db' | 'blobs' | 'clock'>,
  root: string,
  id: string,
  options: Pick<TinyModel, 'golden'> & {
    /** Another ONNX form than the tiny model's. */
    readonly onnx?: (original: Buffer) => Buffer;
  } = {},
): Promise<void> {
  const mlmodel = [
    `model_id: m-${id}`,
    ...['flavors:', '  python_function:', '    loader_module: mlflow.sklearn', '    predict_fn: predict_proba'],
    ...[
      '  sklearn:',
      '    sklearn_version: 1.9.1',
      'signature:',
      `  inputs: '${INPUTS}'`,
      `  outputs: '${OUTPUTS}'`,
      '',
    ],
  ].join('\n');
  await makeTiny(root, id, { ...options, flavor: 'sklearn', mlmodel });
  const key = { modelDigest: await digestOf(join(root, id, 'model')), converter: await converterVersion() };
  const original = await readFile(join(tinyFolder, 'model.onnx'));
  const graph = join(root, id, 'model.onnx');
  await writeFile(graph, options.onnx?.(original) ?? original);
  const files = [
    await storeFile(parts.blobs, graph, 'model.onnx'),
    await storeFile(parts.blobs, join(tinyFolder, 'conversion.json'), 'conversion.json'),
  ];
  await parts.db.transaction((trx) => insertConversion(trx, key, { files, reason: null }, parts.clock.now()));
}

async function digestOf(folder: string): Promise<string> {
  const files: StoredFile[] = [];
  for (const path of ['MLmodel', 'data/model.bin', 'requirements.txt']) {
    const bytes = await readFile(join(folder, path));
    files.push({ path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return modelDigest(files);
}
