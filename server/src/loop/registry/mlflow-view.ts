import type { ModelVersion, RegisteredModel, Tags } from './model.ts';

/** A version as MLflow writes it; what its protocol sets is sent even when it is empty. */
export function toMlflowVersion(version: ModelVersion) {
  return {
    name: version.name,
    version: String(version.number),
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
    current_stage: version.stage,
    description: version.description,
    source: version.source,
    run_id: version.run ?? '',
    status: 'READY',
    run_link: version.runLink ?? '',
    tags: toList(version.tags),
    aliases: version.aliases,
    model_id: version.modelId,
  };
}

/** `latest`: the newest version of each stage. */
export function toMlflowModel(model: RegisteredModel, latest: readonly ModelVersion[]) {
  return {
    name: model.name,
    creation_timestamp: model.createdAt,
    last_updated_timestamp: model.updatedAt,
    description: model.description || null,
    latest_versions: latest.map(toMlflowVersion),
    tags: toList(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, number]) => ({ alias, version: String(number) })),
  };
}

function toList(tags: Tags) {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
