import type { Context } from '../../../context.ts';
import { formatDatasetRef, resolveVersion, versionDigest } from '../../data/index.ts';
import { type DatasetInput, findRun } from '../../track/index.ts';
import { findAttemptByRun, findJob, type JobInput } from '../../train/index.ts';

export interface HeldVersion {
  /** `dataset:flights@2` */
  readonly ref: string;
  readonly id: string;
}

/** What a run was shown, as far as anybody recorded it. */
export interface TrainingData {
  readonly held: readonly HeldVersion[];
  /** What the run names and this server does not hold. */
  readonly unheld: readonly string[];
}

type Parts = Pick<Context, 'db'>;

/** What its job mounted and what the run itself logged as inputs; null: there is no such run. */
export async function findTrainingData(parts: Parts, run: string): Promise<TrainingData | null> {
  const found = await findRun(parts.db.read, run);
  if (!found) return null;
  const attempt = await findAttemptByRun(parts.db.read, run);
  const job = attempt && (await findJob(parts.db.read, attempt.job));
  const mounts = job?.inputs ?? [];
  const held = new Map(mounts.map((mount) => [mount.version, { ref: refOf(mount), id: mount.version }]));
  const unheld: string[] = [];
  for (const { dataset } of found.inputs) {
    const version = await findLogged(parts, dataset);
    if (version) held.set(version.id, version);
    else if (!isMadeOfMounts(dataset, mounts)) unheld.push(`${dataset.name} (digest ${dataset.digest})`);
  }
  return { held: [...held.values()], unheld };
}

function refOf({ dataset, number }: JobInput): string {
  return formatDatasetRef({ name: dataset, number });
}

async function findLogged(
  parts: Parts,
  { source_type, source, digest }: DatasetInput['dataset'],
): Promise<HeldVersion | null> {
  const uri = source_type === 'bucle' ? uriOf(source) : null;
  const version = uri === null ? null : await resolveVersion(parts, uri).catch(() => null);
  // A version that was pushed again elsewhere under this number is another one.
  if (version === null || versionDigest(version) !== digest) return null;
  return { ref: formatDatasetRef(version), id: version.id };
}

/** MLflow's autologging names tables that the code made, or files that it read from the folder of a mount. */
function isMadeOfMounts({ source_type, source }: DatasetInput['dataset'], mounts: readonly JobInput[]): boolean {
  if (mounts.length === 0) return false;
  if (source_type === 'code') return true;
  return source_type === 'local' && mounts.some(({ name }) => `${uriOf(source) ?? ''}/`.includes(`/inputs/${name}/`));
}

function uriOf(source: string): string | null {
  try {
    const { uri } = JSON.parse(source) as { uri?: unknown };
    return typeof uri === 'string' ? uri : null;
  } catch {
    return null;
  }
}
