import { join } from 'node:path';
import type { VersionRecord } from '../record.ts';
import { filesBelow, foldersIn, pairsIn } from './folder-files.ts';
import { readMeta } from './meta-file.ts';
import { type MetricLine, readMetricLines } from './metric-lines.ts';
import type { OnProblem, SourceModel, SourceOptions, SourceRegisteredModel } from './source.ts';
import { asNumber, latestMetrics, modelIdIn, takeAliases, toLifecycle, toModelStatus, toStage } from './values.ts';

const MODELS_AT_ONCE = 100;
const META = 'meta.yaml';

export async function* readFolderModels(
  place: string,
  experiment: string,
  { onProblem }: SourceOptions,
): AsyncGenerator<readonly SourceModel[]> {
  const folder = join(place, 'models');
  const names = await foldersIn(folder, onProblem);
  for (let from = 0; from < names.length; from += MODELS_AT_ONCE) {
    const models: SourceModel[] = [];
    for (const name of names.slice(from, from + MODELS_AT_ONCE)) {
      try {
        models.push(await readModel(join(folder, name), experiment, onProblem));
      } catch (error) {
        onProblem(`logged model ${name}`, (error as Error).message);
      }
    }
    if (models.length > 0) yield models;
  }
}

async function readModel(folder: string, experiment: string, onProblem: OnProblem): Promise<SourceModel> {
  const meta = await readMeta(join(folder, META));
  const id = meta.text('model_id') ?? '';
  if (!folder.endsWith(`/${id}`)) throw new Error(`its ${META} is of the logged model ${id}`);
  const created = asNumber(meta.text('creation_timestamp')) ?? 0;
  return {
    ...{ id, experiment, name: meta.text('name') ?? '', model_type: meta.text('model_type') },
    status: toModelStatus(meta.text('status')),
    lifecycle: toLifecycle(meta.text('lifecycle_stage')),
    source_run: meta.text('source_run_id'),
    artifact_uri: meta.text('artifact_location'),
    ...{ created_at: created, updated_at: asNumber(meta.text('last_updated_timestamp')) ?? created },
    params: await pairsIn(join(folder, 'params'), onProblem),
    tags: await pairsIn(join(folder, 'tags'), onProblem),
    metrics: await readMetrics(join(folder, 'metrics'), id, onProblem),
  };
}

async function readMetrics(folder: string, model: string, onProblem: OnProblem): Promise<SourceModel['metrics']> {
  const metrics: SourceModel['metrics'] = [];
  for (const key of await filesBelow(folder, onProblem)) {
    let wrong = 0;
    for await (const line of readMetricLines(join(folder, key))) {
      const metric = toMetric(key, line);
      if (metric) metrics.push(metric);
      else wrong += 1;
    }
    if (wrong > 0) onProblem(`${wrong} lines of ${key} of logged model ${model}`, 'they are no points of a metric');
  }
  return latestMetrics(metrics);
}

/** A line ends with the run and, where there is one, the dataset's name and digest. */
function toMetric(key: string, { point, rest }: MetricLine): SourceModel['metrics'][number] | null {
  if (point === null) return null;
  const [run = '', ...dataset] = rest;
  return {
    ...{ key, ...point, value: Number.isNaN(point.value) ? 'NaN' : point.value, run },
    // A name may have spaces in it, a digest has none.
    dataset_name: dataset.length > 1 ? dataset.slice(0, -1).join(' ') : null,
    dataset_digest: dataset.length > 1 ? (dataset.at(-1) ?? null) : null,
  };
}

export async function* readFolderRegistry(
  folder: string,
  options: SourceOptions,
): AsyncGenerator<SourceRegisteredModel> {
  for (const name of await foldersIn(folder, options.onProblem)) {
    try {
      yield await readRegisteredModel(join(folder, name), options);
    } catch (error) {
      options.onProblem(`registered model ${name}`, (error as Error).message);
    }
  }
}

const VERSION = /^version-(\d{1,10})$/;

async function readRegisteredModel(folder: string, options: SourceOptions): Promise<SourceRegisteredModel> {
  const { onProblem, onLeftOut } = options;
  const meta = await readMeta(join(folder, META));
  const name = meta.text('name') ?? '';
  const numbers = (await foldersIn(folder, onProblem)).flatMap((entry) => {
    const number = VERSION.exec(entry)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  const versions: VersionRecord[] = [];
  for (const number of numbers.sort((a, b) => a - b)) {
    const version = await readVersion(join(folder, `version-${number}`), number, onProblem);
    if (version) versions.push(version);
    else onLeftOut(`deleted version: ${name}/${number}`);
  }
  const aliases = (await pairsIn(join(folder, 'aliases'), onProblem)).map(({ key, value }) => ({
    ...{ alias: key, number: Number(value.trim()) },
  }));
  const created = asNumber(meta.text('creation_timestamp')) ?? 0;
  return {
    ...{ name, versions, description: meta.text('description') },
    ...{ created_at: created, updated_at: asNumber(meta.text('last_updated_timestamp')) ?? created },
    tags: await pairsIn(join(folder, 'tags'), onProblem),
    aliases: takeAliases(name, aliases, { versions, onLeftOut }),
    last_number: Math.max(0, ...numbers),
  };
}

/** Null: it is deleted. */
async function readVersion(folder: string, number: number, onProblem: OnProblem): Promise<VersionRecord | null> {
  const meta = await readMeta(join(folder, META));
  const stage = toStage(meta.text('current_stage'));
  if (stage === null) return null;
  const source = meta.text('source') ?? '';
  const created = asNumber(meta.text('creation_timestamp')) ?? 0;
  return {
    ...{ number, source, location: meta.text('storage_location') || source, stage },
    ...{ model_id: meta.text('model_id') ?? modelIdIn(source), run: meta.text('run_id') },
    ...{ run_link: meta.text('run_link'), description: meta.text('description') },
    ...{ created_at: created, updated_at: asNumber(meta.text('last_updated_timestamp')) ?? created },
    created_by: meta.text('user_id') ?? '',
    tags: await pairsIn(join(folder, 'tags'), onProblem),
  };
}
