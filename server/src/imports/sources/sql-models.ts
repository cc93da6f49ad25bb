import type { SourceRow } from '../../platform/db/source-database.ts';
import type { OnLeftOut, SourceModel, SourceRegisteredModel } from './source.ts';
import type { SqlTables } from './sql-tables.ts';
import {
  asNumber,
  asText,
  asTextOrNull,
  clampValue,
  latestMetrics,
  modelIdIn,
  takeAliases,
  toLifecycle,
  toModelStatus,
  toStage,
} from './values.ts';

const MODELS_AT_ONCE = 100;

const MODEL_COLUMNS = [
  ...['model_id', 'name', 'model_type', 'status', 'lifecycle_stage', 'source_run_id', 'artifact_location'],
  ...['creation_timestamp_ms', 'last_updated_timestamp_ms'],
];
const METRIC_COLUMNS = [
  ...['metric_name', 'metric_timestamp_ms', 'metric_step', 'metric_value', 'run_id', 'dataset_name', 'dataset_digest'],
];

export async function* readLoggedModels(tables: SqlTables, experiment: string): AsyncGenerator<readonly SourceModel[]> {
  for (let after = ''; ; ) {
    const rest = `where experiment_id = ? and model_id > ? order by model_id limit ${MODELS_AT_ONCE}`;
    const rows = await tables.select('logged_models', MODEL_COLUMNS, rest, [Number(experiment), after]);
    if (rows.length === 0) return;
    after = String(rows.at(-1)?.['model_id']);
    const ids = rows.map((row) => String(row['model_id']));
    const params = await tables.selectOf('logged_model_params', ['param_key', 'param_value'], 'model_id', ids);
    const tags = await tables.selectOf('logged_model_tags', ['tag_key', 'tag_value'], 'model_id', ids);
    const metrics = await tables.selectOf('logged_model_metrics', METRIC_COLUMNS, 'model_id', ids);
    yield rows.map((row) => {
      const id = String(row['model_id']);
      return {
        ...{ id, experiment, name: asText(row['name']), model_type: asTextOrNull(row['model_type']) },
        status: toModelStatus(row['status']),
        lifecycle: toLifecycle(row['lifecycle_stage']),
        source_run: asTextOrNull(row['source_run_id']),
        artifact_uri: asTextOrNull(row['artifact_location']),
        created_at: asNumber(row['creation_timestamp_ms']) ?? 0,
        updated_at: asNumber(row['last_updated_timestamp_ms']) ?? 0,
        params: pairs(params.get(id), 'param_key', 'param_value'),
        tags: pairs(tags.get(id), 'tag_key', 'tag_value'),
        metrics: latestMetrics((metrics.get(id) ?? []).map(toMetric)),
      };
    });
  }
}

/** Prompts are registered models too. */
export async function* readRegisteredModels(
  tables: SqlTables,
  onLeftOut: OnLeftOut,
): AsyncGenerator<SourceRegisteredModel> {
  const where = `where 1 = 1 ${tables.inWorkspace('registered_models')} order by name`;
  const models = await tables.select(
    'registered_models',
    ['name', 'creation_time', 'last_updated_time', 'description'],
    where,
  );
  for (const model of models) yield await completeModel(tables, model, onLeftOut);
}

const VERSION_COLUMNS = [
  ...['version', 'creation_time', 'last_updated_time', 'description', 'user_id', 'current_stage', 'source', 'run_id'],
  ...['run_link', 'storage_location'],
];

async function completeModel(
  tables: SqlTables,
  model: SourceRow,
  onLeftOut: OnLeftOut,
): Promise<SourceRegisteredModel> {
  const name = asText(model['name']);
  const of = (table: string, columns: readonly string[]) =>
    tables.select(table, columns, `where name = ? ${tables.inWorkspace(table)}`, [name]);
  const tags = Map.groupBy(await of('model_version_tags', ['version', 'key', 'value']), (row) =>
    String(row['version']),
  );
  const rows = await of('model_versions', VERSION_COLUMNS);
  const versions = rows.flatMap((row) => {
    const stage = toStage(row['current_stage']);
    if (stage === null) {
      onLeftOut(`deleted version: ${name}/${row['version']}`);
      return [];
    }
    const source = asText(row['source']);
    return {
      ...{ number: Number(row['version']), source, location: asText(row['storage_location']) || source, stage },
      ...{ model_id: modelIdIn(source), run: asTextOrNull(row['run_id']), run_link: asTextOrNull(row['run_link']) },
      description: asTextOrNull(row['description']),
      created_at: asNumber(row['creation_time']) ?? 0,
      created_by: asText(row['user_id']),
      updated_at: asNumber(row['last_updated_time']) ?? asNumber(row['creation_time']) ?? 0,
      tags: pairs(tags.get(String(row['version'])), 'key', 'value'),
    };
  });
  const aliases = (await of('registered_model_aliases', ['alias', 'version'])).map((row) => ({
    ...{ alias: asText(row['alias']), number: Number(row['version']) },
  }));
  return {
    ...{ name, versions, description: asTextOrNull(model['description']) },
    created_at: asNumber(model['creation_time']) ?? 0,
    updated_at: asNumber(model['last_updated_time']) ?? asNumber(model['creation_time']) ?? 0,
    tags: pairs(await of('registered_model_tags', ['key', 'value']), 'key', 'value'),
    aliases: takeAliases(name, aliases, { versions, onLeftOut }),
    last_number: Math.max(0, ...rows.map((row) => Number(row['version']))),
  };
}

function toMetric(row: SourceRow): SourceModel['metrics'][number] {
  const value = row['metric_value'] === null ? Number.NaN : clampValue(Number(row['metric_value']));
  return {
    key: asText(row['metric_name']),
    value: Number.isNaN(value) ? 'NaN' : value,
    timestamp: Number(row['metric_timestamp_ms']),
    step: Number(row['metric_step']),
    run: asText(row['run_id']),
    dataset_name: asTextOrNull(row['dataset_name']),
    dataset_digest: asTextOrNull(row['dataset_digest']),
  };
}

function pairs(rows: readonly SourceRow[] = [], key: string, value: string) {
  return rows.map((row) => ({ key: asText(row[key]), value: asText(row[value]) }));
}
