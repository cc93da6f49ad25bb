import type { Context } from '../../context.ts';
import type { EngineFiles } from '../../engines/engine-files.ts';

/** A version that can be evaluated: one of a logged model whose files are complete. */
export interface EvaluatedVersion {
  /** `version:flights/4` */
  readonly ref: string;
  /** `m-…` */
  readonly modelId: string;
  /** Run that logged it. */
  readonly run: string | null;
}

export interface PreparedModel {
  readonly files: EngineFiles;
  /** Why there is no ONNX form. */
  readonly conversionReason: string | null;
}

export interface Preparing {
  /** Empty folder of this call's own. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** What is being done, for a person. */
  readonly onLine: (line: string) => void;
}

export type ModelParts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock' | 'config' | 'log'>;

/** What this stage needs of later ones: the files that a gateway would get. */
export interface EvaluatedModels {
  /** `flights/3`, `flights@champion`. @throws what says that there is none, or why it cannot serve */
  resolve(parts: Pick<Context, 'db' | 'blobs'>, ref: string): Promise<EvaluatedVersion>;
  /** Model, golden requests and ONNX form on this disk. @throws BringUpFailure when that can never succeed */
  prepare(parts: ModelParts, modelId: string, preparing: Preparing): Promise<PreparedModel>;
}
