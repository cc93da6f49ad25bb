import type { Readable } from 'node:stream';
import type { Point } from '../../loop/track/index.ts';
import type { ExperimentRecord, LoggedModelRecord, RegisteredModelRecord, RunRecord } from '../record.ts';

/** As its store has it: ids of experiments are text, and addresses are those of the store. */
export type SourceExperiment = Omit<ExperimentRecord, 'artifact_location'> & {
  readonly artifact_location: string | null;
};
export type SourceRun = Omit<RunRecord, 'experiment' | 'artifact_uri'> & {
  readonly experiment: string;
  readonly artifact_uri: string | null;
};
export type SourceModel = Omit<LoggedModelRecord, 'experiment' | 'artifact_uri'> & {
  readonly experiment: string;
  readonly artifact_uri: string | null;
};
export type SourceRegisteredModel = RegisteredModelRecord;

export interface Series {
  readonly key: string;
  readonly points: readonly Omit<Point, 'key'>[];
}

/** A tracking store and registry of MLflow, only ever read. Deleted things are among what it has. */
export interface MlflowSource extends AsyncDisposable {
  readonly kind: 'SQLite' | 'PostgreSQL' | 'folder' | 'server';
  /** Without credentials. */
  readonly address: string;
  experiments(): Promise<SourceExperiment[]>;
  /** In pieces of at most a few hundred. */
  runs(experiment: string): AsyncIterable<readonly SourceRun[]>;
  /** Each point once, in pieces. */
  points(run: SourceRun): AsyncIterable<Series>;
  loggedModels(experiment: string): AsyncIterable<readonly SourceModel[]>;
  registeredModels(): AsyncIterable<SourceRegisteredModel>;
  /** How many there are of each kind, counted apart from what is read; empty when the source can't. */
  counts(experiments: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Kinds that Bucle does not take over, and how many the source has of each. */
  leftOut(): Promise<readonly { readonly what: string; readonly count: number }[]>;
  /** The files at an artifact address of this source; a text says why they can't be read. */
  artifacts(owner: ArtifactOwner): Promise<ArtifactFolder | string>;
}

export interface ArtifactOwner {
  readonly kind: 'run' | 'logged-model';
  readonly id: string;
  readonly experiment: string;
  readonly uri: string;
}

export interface ArtifactFolder {
  files(): AsyncIterable<ArtifactFile>;
}

export interface ArtifactFile {
  /** Below the folder, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Changes when the file does. */
  readonly stamp: string;
  open(): Promise<Readable>;
}

/** Something of the source that cannot be taken over, and why. */
export type OnProblem = (what: string, reason: string) => void;

/** Something that MLflow itself does not show any more, and that is therefore no failure. */
export type OnLeftOut = (what: string) => void;

export interface SourceOptions {
  /** Folders from which files may be read besides the source's own, absolute. */
  readonly artifactRoots: readonly string[];
  /** Where a server kept what its proxy served: an absolute folder or `s3://bucket/prefix`. */
  readonly artifactsDestination: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProblem: OnProblem;
  readonly onLeftOut: OnLeftOut;
  readonly signal: AbortSignal;
}
