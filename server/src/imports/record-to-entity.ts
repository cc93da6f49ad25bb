import type { GivenModel } from '../loop/registry/index.ts';
import type { ExperimentWithTags, LoggedModelDetail, RunDetail } from '../loop/track/index.ts';
import type { ExperimentRecord, LoggedModelRecord, RegisteredModelRecord, RunRecord } from './record.ts';

// Between what travels and what the stages keep, both ways.

export function toRun(record: RunRecord): Omit<RunDetail, 'metrics' | 'job'> {
  const { id, experiment, name, user, status, lifecycle, params, tags } = record;
  return {
    ...{ id, experiment, name, user, status, lifecycle, params, tags },
    startTime: record.start_time,
    endTime: record.end_time,
    artifactUri: record.artifact_uri,
    inputs: record.inputs.map(({ tags: inputTags, ...dataset }) => ({ dataset, tags: inputTags })),
    modelInputs: record.model_inputs.map(({ model }) => model),
    modelOutputs: record.model_outputs,
  };
}

export function fromRun(run: RunDetail): RunRecord {
  const { id, experiment, name, user, status, lifecycle, params, tags } = run;
  return {
    ...{ id, experiment, name, user, status, lifecycle, params: [...params], tags: [...tags] },
    start_time: run.startTime,
    end_time: run.endTime,
    artifact_uri: run.artifactUri,
    inputs: run.inputs.map(({ dataset, tags: inputTags }) => ({
      ...{ name: dataset.name, digest: dataset.digest, source_type: dataset.source_type, source: dataset.source },
      ...{ schema: dataset.schema ?? null, profile: dataset.profile ?? null, tags: [...inputTags] },
    })),
    model_inputs: run.modelInputs.map((model) => ({ model, step: 0 })),
    model_outputs: [...run.modelOutputs],
  };
}

export function toLoggedModel(record: LoggedModelRecord): Omit<LoggedModelDetail, 'golden'> {
  const { id, experiment, name, status, lifecycle, params, tags } = record;
  return {
    ...{ id, experiment, name, status, lifecycle, params, tags },
    modelType: record.model_type,
    sourceRun: record.source_run,
    artifactUri: record.artifact_uri,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
    metrics: record.metrics.map(({ key, value, timestamp, step, run, dataset_name, dataset_digest }) => ({
      ...{ key, value: Number(value), timestamp, step, run },
      ...{ datasetName: dataset_name, datasetDigest: dataset_digest },
    })),
  };
}

export function fromLoggedModel(model: LoggedModelDetail): LoggedModelRecord {
  const { id, experiment, name, status, lifecycle, params, tags } = model;
  return {
    ...{ id, experiment, name, status, lifecycle, params: [...params], tags: [...tags] },
    model_type: model.modelType,
    source_run: model.sourceRun,
    artifact_uri: model.artifactUri,
    created_at: model.createdAt,
    updated_at: model.updatedAt,
    metrics: model.metrics.map(({ key, value, timestamp, step, run, datasetName, datasetDigest }) => ({
      ...{ key, value: Number.isNaN(value) ? ('NaN' as const) : value, timestamp, step, run },
      ...{ dataset_name: datasetName, dataset_digest: datasetDigest },
    })),
  };
}

export function toRegisteredModel(record: RegisteredModelRecord): GivenModel {
  return {
    name: record.name,
    description: record.description,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
    lastNumber: record.last_number,
    tags: Object.fromEntries(record.tags.map(({ key, value }) => [key, value])),
    aliases: Object.fromEntries(record.aliases.map(({ alias, number }) => [alias, number])),
    versions: record.versions.map((version) => ({
      ...{ name: record.name, number: version.number, source: version.source, location: version.location },
      ...{ modelId: version.model_id, run: version.run, runLink: version.run_link },
      ...{ description: version.description, stage: version.stage },
      ...{ createdAt: version.created_at, createdBy: version.created_by, updatedAt: version.updated_at },
      tags: Object.fromEntries(version.tags.map(({ key, value }) => [key, value])),
    })),
  };
}

export function fromRegisteredModel(model: GivenModel): RegisteredModelRecord {
  return {
    name: model.name,
    description: model.description,
    created_at: model.createdAt,
    updated_at: model.updatedAt,
    last_number: model.lastNumber,
    tags: toPairs(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, number]) => ({ alias, number })),
    versions: model.versions.map((version) => ({
      ...{ number: version.number, source: version.source, location: version.location },
      ...{ model_id: version.modelId, run: version.run, run_link: version.runLink },
      ...{ description: version.description, stage: version.stage },
      ...{ created_at: version.createdAt, created_by: version.createdBy, updated_at: version.updatedAt },
      tags: toPairs(version.tags),
    })),
  };
}

export function fromExperiment(experiment: ExperimentWithTags): Omit<ExperimentRecord, 'source_id'> {
  return {
    name: experiment.name,
    lifecycle: experiment.lifecycle,
    artifact_location: experiment.artifactLocation,
    created_at: experiment.createdAt,
    updated_at: experiment.updatedAt,
    tags: [...experiment.tags],
  };
}

function toPairs(tags: Readonly<Record<string, string>>) {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
