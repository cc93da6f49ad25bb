import { join } from 'node:path';
import type { Context } from '../../../context.ts';
import type { Deployment, StoredFile } from '../deployment.ts';
import type { ModelSource } from '../model-source.ts';

/** What preparing needs. */
export interface PrepareParts extends Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock' | 'config' | 'log'> {
  readonly source: ModelSource;
}

/** One turn at preparing a model, with its files in a folder. */
export interface ModelPreparation {
  /** `m-…` */
  readonly modelId: string;
  /** Files of the model. */
  readonly folder: string;
  readonly files: readonly StoredFile[];
  readonly digest: string;
  /** Folder for whatever else is made; thrown away. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** What is being done, for a person. */
  readonly onLine: (line: string) => void;
}

/** The same for a deployment. */
export interface Preparation extends ModelPreparation {
  readonly deployment: Deployment;
}

/** Folder of all Python environments of this machine. */
export function environmentsRoot({ config }: Pick<Context, 'config'>): string {
  return join(config.dataDir, 'environments');
}
