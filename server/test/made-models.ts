import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import type { Context } from '../src/context.ts';
import { insertConversion } from '../src/loop/deploy/conversion.store.ts';
import type { StoredFile } from '../src/loop/deploy/deployment.ts';
import type { ModelSource } from '../src/loop/deploy/model-source.ts';
import { converterVersion } from '../src/loop/deploy/prepare/converter-version.ts';
import { modelDigest } from '../src/loop/deploy/prepare/fetch-model.ts';
import { storeFile } from '../src/loop/deploy/prepare/store-file.ts';
import { inheritedEnvironment } from '../src/platform/config/inherited-environment.ts';
import { environmentId } from '../src/platform/environments/ensure-environment.ts';
import type { Environment } from '../src/platform/environments/environment.ts';
import { freeze } from '../src/platform/environments/freeze.ts';
import { inspectPython } from '../src/platform/environments/inspect-python.ts';
import { readModelRequirements } from '../src/platform/environments/model-environment.ts';
import { run } from '../src/platform/processes/run.ts';

/** A model of python/tests/fixtures; paths are absolute. */
export interface MadeModel {
  readonly name: string;
  readonly model_id: string;
  /** Folder of the MLflow model. */
  readonly model: string;
  readonly golden: string;
  /** Folder of its ONNX form. */
  readonly onnx: string | null;
}

export interface MadeModels {
  readonly healthy: readonly MadeModel[];
  readonly defects: readonly MadeModel[];
}

/** Fits, saves, records and converts all of them below `out`, or only those of these names. */
export async function makeModels(python: string, out: string, only: readonly string[] = []): Promise<MadeModels> {
  const script = new URL('../../python/tests/fixtures/make_models.py', import.meta.url).pathname;
  const { code, stderr } = await run(python, [script, '--out', out, ...only.flatMap((name) => ['--only', name])], {
    env: inheritedEnvironment(),
  });
  expect({ code, stderr: stderr.slice(-2_000) }).toMatchObject({ code: 0 });
  const made = JSON.parse(await readFile(join(out, 'index.json'), 'utf8')) as MadeModels;
  const place = (one: MadeModel): MadeModel => ({
    ...one,
    model: join(out, one.model),
    golden: join(out, one.golden),
    onnx: one.onnx && join(out, one.onnx),
  });
  return { healthy: made.healthy.map(place), defects: made.defects.map(place) };
}

/** Stands in for `track` and `registry`: the version `NAME/1` is the model of that name. */
export function madeSource(find: (modelId: string) => MadeModel): ModelSource {
  return {
    async resolve(_parts, ref) {
      const name = ref.replace(/^version:/, '').replace(/\/1$/, '');
      return { name, number: 1, modelId: find(`m-${name}`).model_id, run: null };
    },
    files: async (_parts, modelId) => filesBelow(find(modelId).model),
    async open(_parts, modelId, path) {
      const file = join(find(modelId).model, path);
      const { size } = await stat(file);
      return { size, etag: `e-${size}`, body: createReadStream(file) };
    },
    golden: async (_parts, modelId) => Readable.from([await readFile(find(modelId).golden)]),
    keepGolden: async () => {},
  };
}

/** What conversions are kept by. */
export async function digestOfModel(made: Pick<MadeModel, 'model'>): Promise<string> {
  const digests: StoredFile[] = [];
  for (const path of (await filesBelow(made.model)).sort()) {
    const bytes = await readFile(join(made.model, path));
    digests.push({ path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return modelDigest(digests);
}

/** What was made as the ONNX form of a model, right or wrong, counts as its conversion. */
export async function plantConversion(parts: Pick<Context, 'db' | 'blobs' | 'clock'>, made: MadeModel): Promise<void> {
  if (made.onnx === null) return;
  const files: StoredFile[] = [];
  for (const name of ['model.onnx', 'conversion.json']) {
    files.push(await storeFile(parts.blobs, join(made.onnx, name), name));
  }
  const key = { modelDigest: await digestOfModel(made), converter: await converterVersion() };
  await parts.db.transaction((trx) => insertConversion(trx, key, { files, reason: null }, parts.clock.now()));
}

/**
 * The Python that the models were made with is the environment of their requirements: it is put where the gateway
 * looks for it, so that nothing is installed.
 */
export async function plantEnvironment(root: string, python: string, { model }: MadeModel): Promise<void> {
  const { lock } = await readModelRequirements(model);
  const id = await environmentId({ root, python, lock });
  const { version, platform } = await inspectPython(python);
  const environment: Environment = {
    ...{ id, path: dirname(dirname(python)), python, lockDigest: id, pythonVersion: version, platform },
    packages: await freeze(python),
  };
  await mkdir(root, { recursive: true });
  await writeFile(join(root, `${id}.json`), JSON.stringify(environment));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
