import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { findModel } from './model.store.ts';
import { isPrompt, type ModelVersion, PROMPT_TAG, type Tags, type VersionKey } from './model.ts';
import { tellWebhooks } from './webhooks/tell-webhooks.ts';

type Parts = Pick<Context, 'clock'>;

/** Tags that MLflow keeps prompts in, and its webhooks do not tell. */
const inner = { kind: PROMPT_TAG, type: '_mlflow_prompt_type', text: 'mlflow.prompt.text' };

/** What MLflow's webhooks are told of the registry, in the transaction of each change. */
export async function tellModelCreated(
  parts: Parts,
  trx: Trx,
  { name, tags, description }: { readonly name: string; readonly tags: Tags; readonly description: string | null },
): Promise<void> {
  const prompt = isPrompt(tags);
  const data = {
    ...{ name, tags: prompt ? without(tags, [inner.kind, inner.type]) : tags, description: description ?? '' },
  };
  await tellWebhooks(parts, trx, { entity: prompt ? 'prompt' : 'registered_model', action: 'created' }, data);
}

export async function tellVersionCreated(parts: Parts, trx: Trx, version: ModelVersion): Promise<void> {
  const { name, number, source, run, tags } = version;
  const description = version.description || null;
  if (isPrompt(tags)) {
    const template = tags[inner.text] ?? null;
    const shown = without(tags, Object.values(inner));
    const data = { name, version: String(number), template, tags: shown, description };
    await tellWebhooks(parts, trx, { entity: 'prompt_version', action: 'created' }, data);
    return;
  }
  const data = { name, version: String(number), source, run_id: run, tags, description };
  await tellWebhooks(parts, trx, { entity: 'model_version', action: 'created' }, data);
}

/** `value` null: it was deleted. */
export async function tellVersionTag(
  parts: Parts,
  trx: Trx,
  { name, number }: VersionKey,
  { key, value }: { readonly key: string; readonly value: string | null },
): Promise<void> {
  const entity = (await isPromptModel(trx, name)) ? 'prompt_version_tag' : 'model_version_tag';
  const of = { name, version: String(number), key };
  if (value === null) await tellWebhooks(parts, trx, { entity, action: 'deleted' }, of);
  else await tellWebhooks(parts, trx, { entity, action: 'set' }, { ...of, value });
}

/** Only tags of prompts are told. `value` null: it was deleted. */
export async function tellModelTag(
  parts: Parts,
  trx: Trx,
  name: string,
  { key, value }: { readonly key: string; readonly value: string | null },
): Promise<void> {
  if (!(await isPromptModel(trx, name))) return;
  const entity = 'prompt_tag';
  if (value === null) await tellWebhooks(parts, trx, { entity, action: 'deleted' }, { name, key });
  else await tellWebhooks(parts, trx, { entity, action: 'set' }, { name, key, value });
}

/** `number` null: it was deleted. */
export async function tellAlias(
  parts: Parts,
  trx: Trx,
  { name, alias, number }: { readonly name: string; readonly alias: string; readonly number: number | null },
): Promise<void> {
  const entity = (await isPromptModel(trx, name)) ? 'prompt_alias' : 'model_version_alias';
  if (number === null) await tellWebhooks(parts, trx, { entity, action: 'deleted' }, { name, alias });
  else await tellWebhooks(parts, trx, { entity, action: 'created' }, { name, alias, version: String(number) });
}

async function isPromptModel(trx: Trx, name: string): Promise<boolean> {
  return isPrompt((await findModel(trx, name))?.tags ?? {});
}

function without(tags: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));
}
