import { join } from 'node:path';
import { convertModel } from '../../../engines/convert-model.ts';
import { readMlModel } from '../../../engines/mlmodel.ts';
import { type ConversionResult, findConversion, insertConversion } from '../conversion.store.ts';
import { converterVersion } from './converter-version.ts';
import { environmentsRoot, type ModelPreparation, type PrepareParts } from './parts.ts';
import { fileKey, storeFile } from './store-file.ts';

const TIME_LIMIT_MS = 5 * 60_000;
const FILES = ['model.onnx', 'conversion.json'] as const;

/**
 * The ONNX form of the model, proven to answer the same, or why there is none. Kept per content of the model and
 * version of the converter: the same question gets the answer that it got before.
 */
export async function obtainOnnx(
  parts: PrepareParts,
  preparation: ModelPreparation,
  goldenFile: string,
): Promise<ConversionResult> {
  const { db, clock } = parts;
  const key = { modelDigest: preparation.digest, converter: await converterVersion() };
  const known = await findConversion(db.read, key);
  if (known && (await isStored(parts, known))) return known;
  preparation.onLine('converting the model to ONNX, and proving that it answers the same');
  const result = await convert(parts, preparation, goldenFile);
  await db.transaction((trx) => insertConversion(trx, key, result, clock.now()));
  return result;
}

async function convert(
  parts: PrepareParts,
  preparation: ModelPreparation,
  goldenFile: string,
): Promise<ConversionResult> {
  const { folder, scratch, signal, onLine } = preparation;
  const { flavors } = await readMlModel(folder);
  if (!flavors.includes('sklearn')) {
    const flavor = flavors.join(', ') || 'python_function';
    return refuse(`only scikit-learn models are converted, and this is one of the flavour ${flavor}`);
  }
  const outFolder = join(scratch, 'onnx');
  const outcome = await convertModel({
    ...{ folder, goldenFile, outFolder, signal, onLine },
    root: environmentsRoot(parts),
    python: parts.config.python,
    timeLimitMs: TIME_LIMIT_MS,
  });
  if (!outcome.converted) return refuse(outcome.reason);
  const files = await Promise.all(FILES.map((name) => storeFile(parts.blobs, join(outFolder, name), name)));
  return { files, reason: null };
}

/** Blobs may have been restored from an older backup than the database. */
async function isStored({ blobs }: PrepareParts, { files }: ConversionResult): Promise<boolean> {
  const heads = await Promise.all((files ?? []).map(({ sha256 }) => blobs.head(fileKey(sha256))));
  return heads.every((head) => head !== null);
}

function refuse(reason: string): ConversionResult {
  return { files: null, reason };
}
