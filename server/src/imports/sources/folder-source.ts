import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openArtifacts } from './artifact-folders.ts';
import { countFolder } from './count-folder.ts';
import { openOwnFolder } from './folder-artifacts.ts';
import { filesBelow, foldersIn, isFile, isFolder, pairsIn } from './folder-files.ts';
import { readFolderModels, readFolderRegistry } from './folder-models.ts';
import { readFolderRuns } from './folder-runs.ts';
import { readMeta } from './meta-file.ts';
import { createSeen, readMetricLines } from './metric-lines.ts';
import type { MlflowSource, Series, SourceExperiment, SourceOptions } from './source.ts';
import { asNumber, toLifecycle } from './values.ts';

const REGISTRY = 'models';
const TRASH = '.trash';
const META = 'meta.yaml';
const POINTS_AT_ONCE = 5_000;

/** Null: the folder holds no experiment and no registered model. */
export async function folderSource(path: string, options: SourceOptions): Promise<MlflowSource | null> {
  const root = await realpath(path);
  if (!(await isStore(root, options))) return null;
  const kept = join(dirname(root), 'mlartifacts');
  const openElsewhere = openArtifacts({
    ...options,
    artifactRoots: [...options.artifactRoots, root],
    artifactsDestination: options.artifactsDestination ?? ((await isFolder(kept)) ? kept : null),
  });
  const places = new Map<string, string>();
  const placeOf = (experiment: string) => places.get(experiment) ?? join(root, experiment);
  return {
    ...{ kind: 'folder', address: root },
    experiments: () => readExperiments(root, places, options),
    runs: (experiment) => readFolderRuns(placeOf(experiment), experiment, options),
    points: (run) => readPoints(join(placeOf(run.experiment), run.id, 'metrics'), run.id, options),
    loggedModels: (experiment) => readFolderModels(placeOf(experiment), experiment, options),
    registeredModels: () => readFolderRegistry(join(root, REGISTRY), options),
    counts: (experiments) => countFolder(experiments.map(placeOf)),
    leftOut: () => countTraces(root),
    artifacts: (owner) => openOwnFolder(owner, { place: placeOf(owner.experiment), root, options, openElsewhere }),
    async [Symbol.asyncDispose]() {},
  };
}

async function isStore(root: string, options: SourceOptions): Promise<boolean> {
  for (const folder of [root, join(root, TRASH), join(root, REGISTRY)]) {
    for (const name of await foldersIn(folder, options.onProblem)) {
      if (await isFile(join(folder, name, META))) return true;
    }
  }
  return false;
}

async function experimentFolders(root: string, onProblem: SourceOptions['onProblem']): Promise<string[]> {
  const own = (await foldersIn(root, onProblem)).filter((name) => name !== REGISTRY && !name.startsWith('.'));
  const trashed = await foldersIn(join(root, TRASH), onProblem);
  return [...own.map((name) => join(root, name)), ...trashed.map((name) => join(root, TRASH, name))];
}

async function readExperiments(root: string, places: Map<string, string>, { onProblem }: SourceOptions) {
  const found: SourceExperiment[] = [];
  for (const folder of await experimentFolders(root, onProblem)) {
    try {
      const experiment = await readExperiment(folder, dirname(folder) !== root, onProblem);
      places.set(experiment.source_id, folder);
      found.push(experiment);
    } catch (error) {
      onProblem(`folder ${folder}`, (error as Error).message);
    }
  }
  return found;
}

async function readExperiment(
  folder: string,
  isTrashed: boolean,
  onProblem: SourceOptions['onProblem'],
): Promise<SourceExperiment> {
  const meta = await readMeta(join(folder, META));
  const id = meta.text('experiment_id') ?? '';
  if (!folder.endsWith(`/${id}`)) throw new Error(`its ${META} is of the experiment ${id}`);
  const created = asNumber(meta.text('creation_time')) ?? 0;
  return {
    ...{ source_id: id, name: meta.text('name') ?? '', artifact_location: meta.text('artifact_location') },
    lifecycle: isTrashed ? 'deleted' : toLifecycle(meta.text('lifecycle_stage')),
    ...{ created_at: created, updated_at: asNumber(meta.text('last_update_time')) ?? created },
    tags: await pairsIn(join(folder, 'tags'), onProblem),
  };
}

async function* readPoints(folder: string, run: string, { onProblem }: SourceOptions): AsyncGenerator<Series> {
  for (const key of await filesBelow(folder, onProblem)) {
    const count = { wrong: 0 };
    for await (const points of readPieces(join(folder, key), count)) yield { key, points };
    if (count.wrong > 0) onProblem(`${count.wrong} lines of ${key} of run ${run}`, 'they are no points of a metric');
  }
}

/** A file holds what was logged, so a point that was sent twice is there twice. */
async function* readPieces(path: string, count: { wrong: number }): AsyncGenerator<Series['points']> {
  const isSeen = createSeen();
  let points: Series['points'][number][] = [];
  for await (const { point } of readMetricLines(path)) {
    if (point === null) count.wrong += 1;
    else if (!isSeen(point)) points.push(point);
    if (points.length < POINTS_AT_ONCE) continue;
    yield points;
    points = [];
  }
  if (points.length > 0) yield points;
}

async function countTraces(root: string) {
  const silent = () => {};
  let count = 0;
  for (const folder of await experimentFolders(root, silent)) {
    count += (await foldersIn(join(folder, 'traces'), silent)).length;
  }
  return count > 0 ? [{ what: 'traces', count }] : [];
}
