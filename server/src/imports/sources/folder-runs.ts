import { join } from 'node:path';
import { foldersIn, isFile, pairsIn } from './folder-files.ts';
import { type Meta, readMeta } from './meta-file.ts';
import type { SourceOptions, SourceRun } from './source.ts';
import { asNumber, toLifecycle, toRunStatus } from './values.ts';

const RUNS_AT_ONCE = 100;

/** Folders of an experiment that are no runs. */
export const NOT_RUNS: readonly string[] = ['tags', 'datasets', 'traces', 'models'];

export async function* readFolderRuns(
  place: string,
  experiment: string,
  options: SourceOptions,
): AsyncGenerator<readonly SourceRun[]> {
  const { onProblem } = options;
  const datasets = createDatasets(join(place, 'datasets'));
  const names = (await foldersIn(place, onProblem)).filter((name) => !NOT_RUNS.includes(name));
  for (let from = 0; from < names.length; from += RUNS_AT_ONCE) {
    const runs: SourceRun[] = [];
    for (const name of names.slice(from, from + RUNS_AT_ONCE)) {
      try {
        runs.push(await readRun(join(place, name), { name, experiment, datasets, options }));
      } catch (error) {
        onProblem(`run ${name}`, (error as Error).message);
      }
    }
    if (runs.length > 0) yield runs;
  }
}

interface Given {
  readonly name: string;
  readonly experiment: string;
  readonly datasets: Datasets;
  readonly options: SourceOptions;
}

async function readRun(folder: string, { name, experiment, datasets, options }: Given): Promise<SourceRun> {
  const { onProblem } = options;
  const meta = await readMeta(join(folder, 'meta.yaml'));
  const id = meta.text('run_id') ?? meta.text('run_uuid') ?? '';
  if (id !== name) throw new Error(`its meta.yaml is of the run ${id}`);
  const tags = await pairsIn(join(folder, 'tags'), onProblem);
  const inputs = await readLinks(join(folder, 'inputs'), options);
  const outputs = await readLinks(join(folder, 'outputs'), options);
  return {
    ...{ id, experiment, tags, params: await pairsIn(join(folder, 'params'), onProblem) },
    name: meta.text('run_name') || (tags.find(({ key }) => key === 'mlflow.runName')?.value ?? ''),
    user: meta.text('user_id') ?? '',
    // Only since some version is it written before a run ends.
    status: toRunStatus(meta.text('status') ?? 'RUNNING'),
    lifecycle: toLifecycle(meta.text('lifecycle_stage')),
    start_time: asNumber(meta.text('start_time')),
    end_time: asNumber(meta.text('end_time')),
    artifact_uri: meta.text('artifact_uri'),
    inputs: await datasetsOf(inputs, { run: id, datasets, options }),
    model_inputs: inputs
      .filter((link) => link.text('source_type') === 'MODEL')
      .map((link) => ({ model: link.text('source_id') ?? '', step: 0 })),
    model_outputs: outputs
      .filter((link) => link.text('destination_type') === 'MODEL_OUTPUT')
      .map((link) => ({ model: link.text('destination_id') ?? '', step: Number(link.text('step') ?? 0) })),
  };
}

async function readLinks(folder: string, { onProblem }: SourceOptions): Promise<Meta[]> {
  const links: Meta[] = [];
  for (const name of await foldersIn(folder, onProblem)) {
    const path = join(folder, name, 'meta.yaml');
    try {
      links.push(await readMeta(path));
    } catch (error) {
      onProblem(path, (error as Error).message);
    }
  }
  return links;
}

async function datasetsOf(
  links: readonly Meta[],
  { run, datasets, options }: { run: string; datasets: Datasets; options: SourceOptions },
): Promise<SourceRun['inputs']> {
  const inputs: SourceRun['inputs'] = [];
  for (const link of links) {
    if (link.text('source_type') !== 'DATASET') continue;
    const id = link.text('source_id') ?? '';
    const dataset = await datasets(id);
    if (dataset) inputs.push({ ...dataset, tags: [...link.map('tags')] });
    else options.onLeftOut(`link of run ${run} to a dataset that is not there: ${id}`);
  }
  return inputs;
}

type Dataset = Omit<SourceRun['inputs'][number], 'tags'>;
type Datasets = (id: string) => Promise<Dataset | null>;

/** Each is read once, however many runs have it. */
function createDatasets(folder: string): Datasets {
  const read = new Map<string, Promise<Dataset | null>>();
  return (id) => {
    const known = read.get(id) ?? readDataset(folder, id);
    read.set(id, known);
    return known;
  };
}

async function readDataset(folder: string, id: string): Promise<Dataset | null> {
  const path = join(folder, id, 'meta.yaml');
  // The id comes from a file that anybody may have written.
  if (!/^[\w-]+$/.test(id) || !(await isFile(path))) return null;
  const meta = await readMeta(path);
  return {
    ...{ name: meta.text('name') ?? '', digest: meta.text('digest') ?? '' },
    ...{ source_type: meta.text('source_type') ?? '', source: meta.text('source') ?? '' },
    ...{ schema: meta.text('schema'), profile: meta.text('profile') },
  };
}
