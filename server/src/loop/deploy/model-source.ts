import type { Readable } from 'node:stream';
import type { Context } from '../../context.ts';

/** A version that can be deployed: one of a logged model whose files are complete. */
export interface ServableVersion {
  readonly name: string;
  readonly number: number;
  /** `m-…` */
  readonly modelId: string;
  /** Run that logged it. */
  readonly run: string | null;
}

export interface SourceParts {
  readonly db: Context['db'];
  readonly blobs: Context['blobs'];
}

/** What this stage needs of `track` and `registry`. */
export interface ModelSource {
  /** `flights/3`, `flights@champion`, `flights/latest`. @throws what says that there is none, or why it cannot serve */
  resolve(parts: SourceParts, ref: string): Promise<ServableVersion>;
  /** Paths of a logged model's files, relative to its folder. */
  files(parts: SourceParts, modelId: string): Promise<readonly string[]>;
  /** Bytes of one of them; `null` when there is none. */
  open(
    parts: SourceParts,
    modelId: string,
    path: string,
  ): Promise<{ readonly size: number; readonly etag: string; readonly body: Readable } | null>;
  /** The golden document that was recorded where the model was trained; `null` when there is none. */
  golden(parts: SourceParts, modelId: string): Promise<Readable | null>;
  /** Keeps one that was computed afterwards, for the next deployment and for whoever looks at the model. */
  keepGolden(parts: SourceParts & Pick<Context, 'clock'>, modelId: string, body: Uint8Array): Promise<void>;
}
