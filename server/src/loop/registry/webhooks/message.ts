import { createHmac } from 'node:crypto';
import type { Entity, Topic } from './webhook.ts';

/** What is sent; the same bytes at each try. */
export function toMessage({ entity, action }: Topic, data: object, now: number): string {
  const timestamp = new Date(now).toISOString().replace('Z', '+00:00');
  return JSON.stringify({ entity, action, timestamp, data });
}

/** The headers of MLflow's webhooks; `at` in milliseconds. Without a secret nothing is signed. */
export function messageHeaders(
  secret: string | null,
  { id, at, body }: { readonly id: string; readonly at: number; readonly body: string },
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const headers = { 'content-type': 'application/json', 'x-mlflow-delivery-id': id, 'x-mlflow-timestamp': timestamp };
  if (secret === null || secret === '') return headers;
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'x-mlflow-signature': `v1,${signature}` };
}

const model = { name: 'example_model' };
const prompt = { name: 'example_prompt' };
const version = { version: '1' };
const tag = { key: 'example_key', value: 'example_value' };
const tags = { tags: { example_key: 'example_value' } };
const alias = { alias: 'example_alias' };

/** By entity, what the first and what any later action of it tells. */
const examples: Readonly<Record<Entity, object>> = {
  registered_model: { ...model, ...tags, description: 'An example registered model' },
  model_version: {
    ...{ ...model, ...version, source: 'models:/123', run_id: 'abcd1234abcd5678', ...tags },
    description: 'An example model version',
  },
  model_version_tag: { ...model, ...version, ...tag },
  model_version_alias: { ...model, ...alias, ...version },
  prompt: { ...prompt, ...tags, description: 'An example prompt' },
  prompt_version: {
    ...{ ...prompt, ...version, template: 'Hello {{name}}!', ...tags },
    description: 'An example prompt version',
  },
  prompt_tag: { ...prompt, ...tag },
  prompt_version_tag: { ...prompt, ...version, ...tag },
  prompt_alias: { ...prompt, ...alias, ...version },
  budget_policy: {
    ...{ budget_policy_id: 'bp-abc123', budget_unit: 'USD', budget_amount: 100, current_spend: 105.5 },
    ...{ duration_unit: 'MONTHS', duration_value: 1, target_scope: 'ENDPOINT', workspace: 'default' },
    ...{ target_value: 'ep-abc123', window_start: 1_704_067_200_000 },
  },
};

/** What a test sends: the values of MLflow's documentation. What is gone has no value and no version any more. */
export function exampleOf({ entity, action }: Topic): object {
  const example = examples[entity];
  if (action !== 'deleted') return example;
  const gone = entity.endsWith('_alias') ? 'version' : 'value';
  return Object.fromEntries(Object.entries(example).filter(([key]) => key !== gone));
}
