import type { ParityReport } from '../../engines/parity-report.ts';
import type { RemoteFile } from './desired-state.schema.ts';

/**
 * `pending` → `preparing` (files, golden requests, conversion) → `published` (gateways may fetch it) →
 * `verifying` (a gateway does) → `ready` (its worker reproduced the golden answers). `failed` and `retired` are final.
 */
export type DeploymentState = 'pending' | 'preparing' | 'published' | 'verifying' | 'ready' | 'failed' | 'retired';

export type EngineChoice = 'auto' | 'onnx' | 'python';

/** Where a failed deployment failed. */
export type FailedStep = 'model' | 'golden' | 'conversion' | 'gateway' | 'parity' | 'server';

export const transitions: Readonly<Record<DeploymentState, readonly DeploymentState[]>> = {
  pending: ['preparing', 'failed', 'retired'],
  preparing: ['published', 'failed', 'retired'],
  published: ['verifying', 'ready', 'failed', 'retired'],
  verifying: ['ready', 'failed', 'retired'],
  ready: ['retired'],
  failed: [],
  retired: [],
};

/** States from which one may come to `to`. */
export function statesBefore(to: DeploymentState): DeploymentState[] {
  return (Object.keys(transitions) as DeploymentState[]).filter((from) => transitions[from].includes(to));
}

export const finalStates: readonly DeploymentState[] = ['failed', 'retired'];

/** What gateways are told about. */
export const desiredStates: readonly DeploymentState[] = ['published', 'verifying', 'ready'];

export interface ModelVersion {
  readonly name: string;
  readonly number: number;
}

export interface StoredFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** Why a deployment failed and what to do about it. */
export interface Failure {
  readonly step: FailedStep;
  readonly reason: string;
  readonly next: string;
}

export interface Deployment {
  /** Never used again for other content. */
  readonly id: string;
  readonly endpoint: string;
  readonly version: ModelVersion;
  /** `m-…` */
  readonly modelId: string;
  /** Run that logged the model. */
  readonly run: string | null;
  /** What was asked for. */
  readonly engine: EngineChoice;
  readonly state: DeploymentState;
  /** What is being done now, for a person; null when nothing is. */
  readonly progress: string | null;
  readonly failure: Failure | null;
  /** Percent that it gets as soon as it is ready; null: none by itself. */
  readonly wantedTraffic: number | null;
  /** On what it may come to hold stable traffic then; null: on nothing. */
  readonly ground: { readonly decision?: string | undefined; readonly reason?: string | undefined } | null;
  /** SHA-256 over paths and hashes of the model's files; null until they were looked at. */
  readonly modelDigest: string | null;
  readonly modelFiles: readonly StoredFile[];
  readonly golden: { readonly sha256: string; readonly origin: 'job' | 'rebuilt' } | null;
  /** The ONNX form; null: none, or not yet. */
  readonly onnxFiles: readonly StoredFile[] | null;
  /** Why there is no ONNX form. */
  readonly conversionReason: string | null;
  /** What serves it, as a gateway reported. */
  readonly servingEngine: 'onnx' | 'python' | null;
  /** Why it is not the engine that was hoped for. */
  readonly servingReason: string | null;
  readonly parity: ParityReport | null;
  /** Of the ONNX form, when the gateway fell back to Python because of it. */
  readonly onnxParity: ParityReport | null;
  /** Milliseconds since the epoch, the server's clock. */
  readonly createdAt: number;
  readonly createdBy: string;
  readonly changedAt: number;
  readonly readyAt: number | null;
  /** When it last stopped answering requests. */
  readonly lostTrafficAt: number | null;
}

/** `version:flights/3` */
export function versionRef({ name, number }: ModelVersion): string {
  return `version:${name}/${number}`;
}

/** `deployment:ID` */
export function deploymentRef({ id }: Pick<Deployment, 'id'>): string {
  return `deployment:${id}`;
}

/** Files as a gateway fetches them, below one URL. */
export function remoteFiles(files: readonly StoredFile[], url: (file: StoredFile) => string): RemoteFile[] {
  return files.map((file) => ({ ...file, url: url(file) }));
}
