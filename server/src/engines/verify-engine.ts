import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeDurably } from '../platform/processes/durable-file.ts';
import { version } from '../version.ts';
import { checkParity } from './check-parity.ts';
import type { Engine } from './engine.ts';
import type { EngineFiles } from './engine-files.ts';
import { readGolden } from './golden.ts';
import type { MlModel } from './mlmodel.ts';
import type { ParityReport } from './parity-report.ts';
import type { PredictionMeaning } from './prediction-meaning.ts';

export interface Verification {
  /** Names what is verified within the folder of verdicts. */
  readonly name: string;
  readonly modelId: string;
  readonly engine: Engine;
  readonly files: EngineFiles;
  readonly mlmodel: MlModel;
  readonly meaning: PredictionMeaning | null;
}

interface Verdict {
  /** Digest of all that the verdict depends on. */
  readonly key: string;
  readonly report: ParityReport;
}

/**
 * The parity gate for the worker that will serve. A verdict that was reached before in this folder about the very
 * same files, libraries and golden answers is believed again, so that a restart keeps nobody waiting;
 * only one that said yes, and only after all hashes were computed anew.
 */
export async function verifyEngine(
  { verdicts }: { readonly verdicts: string },
  verification: Verification,
): Promise<ParityReport> {
  const { name, engine, files, mlmodel, modelId, meaning } = verification;
  const file = join(verdicts, `${name}.${engine.kind}.json`);
  const key = verdictKey(verification);
  const former = await readJson<Verdict>(file);
  if (former?.key === key && former.report.passed) return former.report;
  const report = await checkParity({
    engine,
    golden: await readGolden(files.golden.file),
    sha256: files.golden.sha256,
    modelId,
    signature: mlmodel.signature,
    libraries: Object.keys(mlmodel.libraries),
    meaning: meaning && { column: meaning.column, threshold: meaning.threshold },
    bytes: { logged: mlmodel.sizeBytes, here: await modelBytes(files.model.folder) },
  });
  await writeDurably(file, JSON.stringify({ key, report } satisfies Verdict));
  return report;
}

/** Whether some engine passed under this name in this folder: what fails afterwards is not the model's doing. */
export async function wasProved({ verdicts }: { readonly verdicts: string }, name: string): Promise<boolean> {
  const found = await Promise.all(
    (['onnx', 'python'] as const).map((engine) => readJson<Verdict>(join(verdicts, `${name}.${engine}.json`))),
  );
  return found.some((verdict) => verdict?.report.passed === true);
}

function verdictKey({ engine, files, modelId, meaning }: Verification): string {
  const { loader, python, packages } = engine.info;
  const parts = [
    ...[version, process.versions.node, process.arch, engine.kind, loader, python],
    Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)),
    ...[modelId, files.model.digest, files.onnx?.digest ?? null, files.golden.sha256, meaning],
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Written by MLflow after it has taken the size that the MLmodel names. */
const LATER = /^(MLmodel|conda\.yaml|python_env\.yaml|requirements\.txt|constraints\.txt|registered_model_meta)$/;

async function modelBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter(({ name, parentPath }) => !LATER.test(name) && !parentPath.includes('__pycache__'));
  const sizes = await Promise.all(
    files.map(async (entry) => (entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 0)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
