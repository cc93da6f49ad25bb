import type { LoggedModelRecord, RegisteredModelRecord, RunRecord, VersionRecord } from './record.ts';
import type { SourceModel, SourceRegisteredModel, SourceRun } from './sources/source.ts';

/** How things of the source are called in Bucle. */
export interface Mapping {
  /** Source id → id in Bucle. */
  readonly experiments: ReadonlyMap<string, number>;
  /** What names of experiments and registered models begin with here. */
  readonly prefix: string;
  /** Files of an experiment are below this, in a folder called as its id. */
  readonly root: string;
  /** Run or logged model → where its files were, and where they are now. */
  readonly places: Map<string, Place>;
}

export interface Place {
  readonly from: string;
  readonly to: string;
}

/** @param copied whether its files are taken over; else they stay where they are */
export function mapRun(run: SourceRun, mapping: Mapping, copied: boolean): RunRecord {
  const experiment = idOf(mapping, run.experiment);
  const to = copied || !run.artifact_uri ? `${mapping.root}/${experiment}/${run.id}/artifacts` : run.artifact_uri;
  if (run.artifact_uri) mapping.places.set(run.id, { from: run.artifact_uri, to });
  return { ...run, experiment, artifact_uri: to };
}

export function mapModel(model: SourceModel, mapping: Mapping, copied: boolean): LoggedModelRecord {
  const experiment = idOf(mapping, model.experiment);
  const own = `${mapping.root}/${experiment}/models/${model.id}/artifacts`;
  const to = copied || !model.artifact_uri ? own : model.artifact_uri;
  if (model.artifact_uri) mapping.places.set(model.id, { from: model.artifact_uri, to });
  return { ...model, experiment, artifact_uri: to };
}

export function mapRegisteredModel(model: SourceRegisteredModel, mapping: Mapping): RegisteredModelRecord {
  return {
    ...model,
    name: `${mapping.prefix}${model.name}`,
    tags: model.tags.map((tag) =>
      tag.key === PROMPT_EXPERIMENTS ? { ...tag, value: mapIds(tag.value, mapping) } : tag,
    ),
    versions: model.versions.map((version) => mapVersion(version, mapping)),
  };
}

/** By it MLflow finds the prompts of an experiment: `,1,2,`. */
const PROMPT_EXPERIMENTS = '_mlflow_experiment_ids';

function mapIds(text: string, { experiments }: Mapping): string {
  return text
    .split(',')
    .map((id) => String(experiments.get(id) ?? id))
    .join(',');
}

function mapVersion(version: VersionRecord, { places, prefix }: Mapping): VersionRecord {
  const source = renamed(version.source, prefix);
  const model = version.model_id === null ? undefined : places.get(version.model_id);
  const [, owner] = ownerOf(version.location, places) ?? [];
  const modelId = model ? version.model_id : owner?.startsWith('m-') ? owner : null;
  return {
    ...version,
    source: moved(source, places),
    location: version.location === version.source && model ? model.to : moved(version.location, places),
    model_id: modelId ?? null,
  };
}

/** `models:/name/1` of a model that is called otherwise here. */
function renamed(source: string, prefix: string): string {
  const named = /^models:\/(?!m-[0-9a-f]{32}\/?$)([^/].*)$/i.exec(source)?.[1];
  return named === undefined ? source : `models:/${prefix}${named}`;
}

function moved(address: string, places: Mapping['places']): string {
  const [place] = ownerOf(address, places) ?? [];
  return place ? `${place.to}${address.slice(place.from.length)}` : address;
}

/** The run or logged model whose files lie at an address. */
function ownerOf(address: string, places: Mapping['places']): readonly [Place, string] | null {
  for (const [id] of address.matchAll(/m-[0-9a-f]{32}|[0-9a-f]{32}/g)) {
    const place = places.get(id);
    if (place && (address === place.from || address.startsWith(`${place.from}/`))) return [place, id];
  }
  return null;
}

function idOf({ experiments }: Mapping, sourceId: string): number {
  const id = experiments.get(sourceId);
  if (id === undefined) throw new Error(`The experiment ${sourceId} was not mapped.`);
  return id;
}
