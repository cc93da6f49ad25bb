import { type DatasetVersion, formatDatasetRef, resolveVersion, versionDigest } from '../loop/data/index.ts';
import { type DatasetInput, findRun } from '../loop/track/index.ts';
import {
  type Attempt,
  findAttemptByRun,
  findEnvironment,
  findJob,
  findSnapshot,
  type GitState,
  type Job,
  listAttempts,
} from '../loop/train/index.ts';
import { platformErrors } from '../platform/errors.ts';
import { firingBehind, firingThatMade } from './lineage-decisions.ts';
import {
  type Found,
  formatTime,
  type LineageParts,
  missing,
  nameIn,
  phrase,
  plural,
  type Upstream,
} from './lineage-node.ts';

const SHORT = 12;
const METRICS_IN_SUMMARY = 3;

/** @throws PLATFORM_NOT_FOUND */
export async function runNode({ db }: LineageParts, ref: string): Promise<Found> {
  const id = nameIn(ref);
  const run = await findRun(db.read, id);
  if (!run) throw platformErrors.NOT_FOUND({ what: 'run', id });
  const attempt = await findAttemptByRun(db.read, id);
  const job = attempt && (await findJob(db.read, attempt.job));
  const { name, status, experiment, user, startTime, endTime, params, metrics } = run;
  const best = metrics.slice(0, METRICS_IN_SUMMARY).map(({ key, value }) => `${key} ${Number(value.toPrecision(4))}`);
  return {
    node: {
      kind: 'run',
      ref: `run:${id}`,
      summary: phrase(name, status.toLowerCase(), best.join(', '), plural(params.length, 'param')),
      facts: {
        ...{ name, status, experiment_id: String(experiment), user, start_time: startTime, end_time: endTime },
        params: Object.fromEntries(params.map(({ key, value }) => [key, value])),
        metrics: Object.fromEntries(
          metrics.map(({ key, value }) => [key, Number.isFinite(value) ? value : String(value)]),
        ),
      },
      missing: null,
    },
    upstream: [...originOf(attempt), ...inputsOf(run.inputs, job)],
  };
}

function originOf(attempt: Attempt | undefined): Upstream[] {
  if (attempt) return [{ relation: `attempt ${attempt.number} of`, ref: `job:${attempt.job}` }];
  const reason = 'The run was logged outside any job: nobody recorded its code and its environment.';
  return [missing('made by', 'job', reason)];
}

/** What the run read; versions that its job mounted stand with the job. */
function inputsOf(inputs: readonly DatasetInput[], job: Job | undefined): Upstream[] {
  const mounted = new Set(job?.inputs.map(({ dataset, number }) => formatDatasetRef({ name: dataset, number })));
  if (!job && inputs.length === 0) return [missing('read', 'dataset', 'The run logged no input.')];
  return inputs.flatMap(({ dataset }): Upstream[] => {
    const ref = versionOf(dataset);
    if (ref !== null) return mounted.has(ref) ? [] : [{ relation: 'read', ref }];
    const { name, digest, source_type } = dataset;
    const reason = 'It is no dataset version of this server: only its digest is known.';
    const facts = { name, digest, source_type };
    const node = {
      kind: 'dataset',
      ref: null,
      summary: phrase(name, `digest ${digest}`),
      facts,
      missing: reason,
    } as const;
    return [{ relation: 'read', ref: null, node }];
  });
}

function versionOf({ source_type, source }: DatasetInput['dataset']): string | null {
  if (source_type !== 'bucle') return null;
  try {
    const { uri } = JSON.parse(source) as { uri?: unknown };
    return typeof uri === 'string' && uri.startsWith('dataset:') ? uri : null;
  } catch {
    return null;
  }
}

/** As the attempt that `via` came out of, else as its last one. @throws PLATFORM_NOT_FOUND */
export async function jobNode({ db }: LineageParts, ref: string, via: string | null): Promise<Found> {
  const job = await findJob(db.read, nameIn(ref));
  if (!job) throw platformErrors.NOT_FOUND({ what: 'job', id: nameIn(ref) });
  const attempts = await listAttempts(db.read, job.id);
  const attempt = attempts.find(({ run }) => run !== null && `run:${run}` === via) ?? attempts.at(-1);
  const { id, name, command, state, createdAt, createdBy, inputs } = job;
  const mounts = inputs.map(({ dataset, number }) => ({
    relation: 'read',
    ref: formatDatasetRef({ name: dataset, number }),
  }));
  return {
    node: {
      kind: 'job',
      ref: `job:${id}`,
      summary: phrase(
        name,
        attempt && `attempt ${attempt.number} ${attempt.outcome ?? attempt.state}`,
        command.join(' ').slice(0, 100),
        `by ${createdBy}`,
      ),
      facts: {
        ...{ name, command: [...command], state, created_at: createdAt, created_by: createdBy },
        attempt: attempt?.number ?? null,
        outcome: attempt?.outcome ?? null,
      },
      missing: null,
    },
    upstream: [
      await snapshotOf({ db }, job),
      await environmentOf({ db }, attempt),
      ...(mounts.length > 0 ? mounts : [missing('read', 'dataset', 'The job mounts no dataset.')]),
      ...(await firingBehind({ db }, 'submitted by', job.cause)),
    ],
  };
}

async function snapshotOf({ db }: Pick<LineageParts, 'db'>, { snapshot: id, git }: Job): Promise<Upstream> {
  const snapshot = await findSnapshot(db.read, id);
  if (!snapshot) return missing('ran the code of', 'snapshot', `The snapshot ${id} is not stored any more.`);
  const { files, bytes } = snapshot;
  return {
    relation: 'ran the code of',
    ref: `snapshot:${id}`,
    node: {
      kind: 'snapshot',
      ref: `snapshot:${id}`,
      summary: phrase(plural(files, 'file'), git ? gitState(git) : 'not from a git repository'),
      facts: { files, bytes, git: git && { ...git } },
      missing: null,
    },
  };
}

function gitState({ sha, branch, dirty }: GitState): string {
  const where = branch === null ? '' : ` on ${branch}`;
  return `git ${sha.slice(0, SHORT)}${where}${dirty ? ' with uncommitted changes' : ''}`;
}

async function environmentOf({ db }: Pick<LineageParts, 'db'>, attempt: Attempt | undefined): Promise<Upstream> {
  const relation = 'ran in';
  if (!attempt) return missing(relation, 'environment', 'The job has not started yet.');
  const { environment: id } = attempt;
  if (id === null) return missing(relation, 'environment', 'The attempt ended before it had an environment.');
  const found = await findEnvironment(db.read, id);
  if (!found) return missing(relation, 'environment', `The environment ${id} is not recorded any more.`);
  const { kind, lockDigest, python, platform, packages } = found;
  const count = Object.keys(packages).length;
  const lock = lockDigest === null ? 'no lock' : `${kind} ${lockDigest.slice(0, SHORT)}`;
  return {
    relation,
    ref: `environment:${id}`,
    node: {
      kind: 'environment',
      ref: `environment:${id}`,
      summary: phrase(`Python ${python}`, plural(count, 'package'), lock, platform),
      facts: { kind, lock_digest: lockDigest, python, platform, packages: count },
      missing: null,
    },
  };
}

/** @throws DATA_DATASET_NOT_FOUND, DATA_VERSION_NOT_FOUND, DATA_INVALID_REF */
export async function datasetNode({ db }: LineageParts, ref: string): Promise<Found> {
  const version: DatasetVersion = await resolveVersion({ db }, ref);
  const { files, bytes, rows, id, message, created_at, created_by } = version;
  return {
    node: {
      kind: 'dataset',
      ref: formatDatasetRef(version),
      summary: phrase(
        rows === null ? plural(files, 'file') : plural(rows, 'row'),
        `digest ${id.slice(0, SHORT)}`,
        `pushed ${formatTime(created_at)} by ${created_by}`,
      ),
      facts: { digest: versionDigest(version), id, rows, files, bytes, message, created_at, created_by },
      missing: null,
    },
    upstream: await firingThatMade({ db }, 'frozen by', formatDatasetRef(version)),
  };
}
