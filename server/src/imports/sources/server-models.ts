import type { VersionRecord } from '../record.ts';
import { isMissing, type MlflowRest } from './mlflow-rest.ts';
import { toPairs } from './server-runs.ts';
import type { SourceModel, SourceOptions, SourceRegisteredModel } from './source.ts';
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

const PAGE = 100;

type Json = Readonly<Record<string, unknown>>;
type Pairs = Parameters<typeof toPairs>[0];

interface LoggedModelJson {
  readonly info: Json & { readonly tags?: Pairs };
  readonly data?: { readonly params?: Pairs; readonly metrics?: readonly Json[] };
}

/** None from a server that is older than they are. */
export async function* readServerModels(rest: MlflowRest, experiment: string): AsyncGenerator<readonly SourceModel[]> {
  for (let page_token: string | undefined; ; ) {
    const answer = await rest
      .post<{ models?: LoggedModelJson[]; next_page_token?: string }>('/api/2.0/mlflow/logged-models/search', {
        ...{ experiment_ids: [experiment], max_results: PAGE, ...(page_token && { page_token }) },
        order_by: [{ field_name: 'creation_timestamp', ascending: true }],
      })
      .catch((error: Error) => {
        if (isMissing(error)) return { models: [], next_page_token: undefined };
        throw error;
      });
    const models = (answer.models ?? []).map((one) => toModel(one, experiment));
    if (models.length > 0) yield models;
    page_token = answer.next_page_token;
    if (!page_token) return;
  }
}

function toModel({ info, data }: LoggedModelJson, experiment: string): SourceModel {
  const created = asNumber(info['creation_timestamp_ms']) ?? 0;
  return {
    ...{ id: asText(info['model_id']), experiment, name: asText(info['name']) },
    model_type: asTextOrNull(info['model_type']),
    status: toModelStatus(info['status']),
    lifecycle: toLifecycle(info['lifecycle_stage']),
    source_run: asTextOrNull(info['source_run_id']),
    artifact_uri: asTextOrNull(info['artifact_uri']),
    ...{ created_at: created, updated_at: asNumber(info['last_updated_timestamp_ms']) ?? created },
    params: toPairs(data?.params),
    tags: toPairs(info.tags),
    metrics: latestMetrics((data?.metrics ?? []).map(toMetric)),
  };
}

function toMetric(json: Json): SourceModel['metrics'][number] {
  const value = clampValue(Number(json['value'] ?? 0));
  return {
    ...{ key: asText(json['key']), value: Number.isNaN(value) ? 'NaN' : value },
    ...{ timestamp: Number(json['timestamp'] ?? 0), step: Number(json['step'] ?? 0), run: asText(json['run_id']) },
    ...{ dataset_name: asTextOrNull(json['dataset_name']), dataset_digest: asTextOrNull(json['dataset_digest']) },
  };
}

interface RegisteredModelJson extends Json {
  readonly tags?: Pairs;
  readonly aliases?: readonly { readonly alias?: string; readonly version?: string }[];
}

/** Searches leave prompts out unless they are asked for by their tag. */
const PROMPTS = "tags.`mlflow.prompt.is_prompt` = 'true'";

export async function* readServerRegistry(
  rest: MlflowRest,
  options: SourceOptions,
): AsyncGenerator<SourceRegisteredModel> {
  const seen = new Set<string>();
  for (const filter of ['', PROMPTS]) {
    for await (const model of searchModels(rest, filter)) {
      const name = asText(model['name']);
      if (seen.has(name)) continue;
      seen.add(name);
      yield await completeModel(rest, model, options);
    }
  }
}

async function* searchModels(rest: MlflowRest, filter: string): AsyncGenerator<RegisteredModelJson> {
  for (let page_token: string | undefined; ; ) {
    const answer = await rest.get<{ registered_models?: RegisteredModelJson[]; next_page_token?: string }>(
      '/api/2.0/mlflow/registered-models/search',
      { max_results: PAGE, ...(filter && { filter }), ...(page_token && { page_token }) },
    );
    yield* answer.registered_models ?? [];
    page_token = answer.next_page_token;
    if (!page_token) return;
  }
}

async function completeModel(
  rest: MlflowRest,
  model: RegisteredModelJson,
  { onLeftOut }: SourceOptions,
): Promise<SourceRegisteredModel> {
  const name = asText(model['name']);
  const isPrompt = toPairs(model.tags).some(({ key, value }) => key === 'mlflow.prompt.is_prompt' && value === 'true');
  const versions = await readVersions(rest, name, isPrompt);
  const created = asNumber(model['creation_timestamp']) ?? 0;
  const aliases = (model.aliases ?? []).map(({ alias, version }) => ({
    ...{ alias: asText(alias), number: Number(version) },
  }));
  return {
    ...{ name, versions, description: asTextOrNull(model['description']) },
    ...{ created_at: created, updated_at: asNumber(model['last_updated_timestamp']) ?? created },
    tags: toPairs(model.tags),
    aliases: takeAliases(name, aliases, { versions, onLeftOut }),
    last_number: Math.max(0, ...versions.map(({ number }) => number)),
  };
}

async function readVersions(rest: MlflowRest, name: string, isPrompt: boolean): Promise<VersionRecord[]> {
  const quote = name.includes("'") ? '"' : "'";
  const filter = `name = ${quote}${name}${quote}${isPrompt ? ` AND ${PROMPTS}` : ''}`;
  const versions: VersionRecord[] = [];
  for (let page_token: string | undefined; ; ) {
    const answer = await rest.get<{ model_versions?: (Json & { tags?: Pairs })[]; next_page_token?: string }>(
      '/api/2.0/mlflow/model-versions/search',
      { filter, max_results: PAGE, order_by: 'version_number ASC', ...(page_token && { page_token }) },
    );
    for (const version of answer.model_versions ?? []) versions.push(await toVersion(rest, name, version));
    page_token = answer.next_page_token;
    if (!page_token) return versions;
  }
}

async function toVersion(rest: MlflowRest, name: string, json: Json & { tags?: Pairs }): Promise<VersionRecord> {
  const source = asText(json['source']);
  const created = asNumber(json['creation_timestamp']) ?? 0;
  return {
    ...{ number: Number(json['version']), source, location: await locationOf(rest, name, json) },
    stage: toStage(json['current_stage']) ?? 'None',
    ...{ model_id: modelIdIn(source), run: asTextOrNull(json['run_id']) || null },
    ...{ run_link: asTextOrNull(json['run_link']), description: asTextOrNull(json['description']) },
    ...{ created_at: created, updated_at: asNumber(json['last_updated_timestamp']) ?? created },
    created_by: asText(json['user_id']),
    tags: toPairs(json.tags),
  };
}

/** A version made of another, or of a logged model, knows where those files lie. */
async function locationOf(rest: MlflowRest, name: string, json: Json): Promise<string> {
  const source = asText(json['source']);
  if (!source.startsWith('models:/')) return source;
  const answer = await rest.get<{ artifact_uri?: string }>('/api/2.0/mlflow/model-versions/get-download-uri', {
    ...{ name, version: asText(json['version']) },
  });
  return answer.artifact_uri || source;
}
