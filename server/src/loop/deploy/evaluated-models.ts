import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BringUpFailure } from '../../engines/bring-up-failure.ts';
import type { EngineFiles } from '../../engines/engine-files.ts';
import type { EvaluatedModels, ModelParts, PreparedModel, Preparing } from '../evaluate/index.ts';
import type { StoredFile } from './deployment.ts';
import { versionRef } from './deployment.ts';
import type { ModelSource } from './model-source.ts';
import { fetchModel, modelDigest, writeHashed } from './prepare/fetch-model.ts';
import { obtainGolden } from './prepare/obtain-golden.ts';
import { obtainOnnx } from './prepare/obtain-onnx.ts';
import type { ModelPreparation, PrepareParts } from './prepare/parts.ts';
import { PrepareFailure } from './prepare/prepare-failure.ts';
import { requireLoader } from './prepare/require-loader.ts';
import { fileKey } from './prepare/store-file.ts';

/** What evaluation gets of a version is what a gateway would get of it: the same files, golden requests and ONNX form. */
export function createEvaluatedModels(source: ModelSource): EvaluatedModels {
  return {
    async resolve(parts, ref) {
      const { name, number, modelId, run } = await source.resolve(parts, ref);
      return { ref: versionRef({ name, number }), modelId, run };
    },
    async prepare(parts, modelId, preparing) {
      try {
        return await prepareModel({ ...parts, source }, modelId, preparing);
      } catch (error) {
        if (!(error instanceof PrepareFailure)) throw error;
        throw new BringUpFailure({ reason: error.failure.reason, engine: null }, { cause: error });
      }
    },
  };
}

async function prepareModel(
  parts: ModelParts & PrepareParts,
  modelId: string,
  { folder: root, signal, onLine }: Preparing,
): Promise<PreparedModel> {
  const folder = join(root, 'model');
  const scratch = join(root, 'scratch');
  await mkdir(scratch, { recursive: true });
  onLine('reading the files of the model');
  const files = await fetchModel(parts, modelId, { folder, signal });
  await requireLoader(folder);
  const digest = modelDigest(files);
  const preparation: ModelPreparation = { modelId, folder, files, digest, scratch, signal, onLine };
  const golden = await obtainGolden(parts, preparation);
  const conversion = await obtainOnnx(parts, preparation, golden.file);
  const onnx = conversion.files && (await writeStored(parts, conversion.files, { folder: join(root, 'onnx'), signal }));
  return {
    files: { model: { folder, digest }, onnx, golden: { file: golden.file, sha256: golden.sha256 } },
    conversionReason: conversion.reason,
  };
}

/** Files that this stage stored before, proved by their hashes. */
async function writeStored(
  { blobs }: Pick<PrepareParts, 'blobs'>,
  files: readonly StoredFile[],
  { folder, signal }: Pick<Preparing, 'folder' | 'signal'>,
): Promise<EngineFiles['onnx']> {
  for (const { path, sha256 } of files) {
    const stored = await blobs.get(fileKey(sha256));
    if (!stored) throw new Error(`The file ${path} of the ONNX form vanished while it was read.`);
    const written = await writeHashed(stored.body, join(folder, path), signal);
    if (written.sha256 !== sha256) throw new Error(`The file ${path} of the ONNX form is damaged.`);
  }
  return { folder, digest: modelDigest(files) };
}
