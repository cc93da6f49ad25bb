import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultPool } from '../../../engines/engine.ts';
import { type EngineFolder, openProvenEngine, type ProvenEngine } from '../../../engines/open-proven-engine.ts';
import type { PredictionMeaning } from '../../../engines/prediction-meaning.ts';
import type { EvaluatedVersion } from '../model-access.ts';
import type { DecideParts, Work } from './work.ts';

/** A model that answers, by the engine that a gateway would serve it with. */
export interface OpenModel extends AsyncDisposable {
  readonly version: EvaluatedVersion;
  readonly digest: string;
  readonly proven: ProvenEngine;
}

/** @throws BringUpFailure when it can never be run */
export async function openModel(
  parts: DecideParts,
  version: EvaluatedVersion,
  { meaning, role, work }: { readonly meaning: PredictionMeaning; readonly role: string; readonly work: Work },
): Promise<OpenModel> {
  const { signal, marker } = work;
  const { modelId, ref } = version;
  const onLine = (line: string) => work.onLine(`${ref}: ${line}`);
  const folder = join(work.folder, role);
  await mkdir(folder, { recursive: true });
  const { files, conversionReason } = await parts.models.prepare(parts, modelId, { folder, signal, onLine });
  const proven = await openProvenEngine(
    {
      ...{ config: parts.config, folder: engineFolder(parts, work), marker, signal },
      progress: { preparing: onLine, verifying: (engine) => onLine(`proving the ${engine} engine`) },
      onLoss: (reason) => parts.log.warn({ version: ref, reason }, 'a worker was lost'),
    },
    {
      ...{ name: modelId, modelId, files, engine: 'auto', conversionReason, meaning },
      ...{ python: { requirements: null, python: null }, pool: defaultPool },
    },
  );
  return {
    ...{ version, digest: files.model.digest, proven },
    [Symbol.asyncDispose]: () => proven.engine[Symbol.asyncDispose](),
  };
}

function engineFolder({ config: { dataDir } }: DecideParts, work: Work): EngineFolder {
  const kept = join(dataDir, 'evaluate');
  return {
    work: join(work.folder, 'workers'),
    verdicts: join(kept, 'verdicts'),
    requirements: join(kept, 'requirements'),
    environments: join(dataDir, 'environments'),
  };
}
