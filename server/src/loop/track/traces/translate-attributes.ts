import { isMap, parseValue, unquote } from './value.ts';

// Names of other conventions for what MLflow knows by names of its own: OpenTelemetry's for generative AI,
// OpenInference's and Traceloop's. The first that is there counts.
const INPUTS = ['gen_ai.input.messages', 'input.value', 'traceloop.entity.input'];
const OUTPUTS = ['gen_ai.output.messages', 'output.value', 'traceloop.entity.output'];
const MODELS = ['gen_ai.response.model', 'gen_ai.request.model', 'llm.model_name', 'embedding.model_name'];
const PROVIDERS = ['gen_ai.provider.name', 'gen_ai.system', 'llm.provider'];
const INPUT_TOKENS = ['gen_ai.usage.input_tokens', 'llm.token_count.prompt', 'gen_ai.usage.prompt_tokens'];
const OUTPUT_TOKENS = ['gen_ai.usage.output_tokens', 'llm.token_count.completion', 'gen_ai.usage.completion_tokens'];
const TOTAL_TOKENS = ['llm.token_count.total', 'llm.usage.total_tokens'];
const KINDS = ['openinference.span.kind', 'traceloop.span.kind', 'gen_ai.operation.name'];

const TYPES: Readonly<Record<string, string>> = {
  chat: 'CHAT_MODEL',
  create_agent: 'AGENT',
  embeddings: 'EMBEDDING',
  execute_tool: 'TOOL',
  generate_content: 'LLM',
  invoke_agent: 'AGENT',
  text_completion: 'LLM',
  task: 'TASK',
  workflow: 'WORKFLOW',
  ...Object.fromEntries(
    ['TOOL', 'CHAIN', 'LLM', 'RETRIEVER', 'EMBEDDING', 'AGENT', 'RERANKER', 'GUARDRAIL', 'EVALUATOR'].flatMap(
      (type) => [
        [type, type],
        [type.toLowerCase(), type],
      ],
    ),
  ),
};

/** Adds MLflow's names where only another convention's are there. Keys and JSON of values; answers the same map. */
export function translateAttributes(attributes: Map<string, string>): Map<string, string> {
  const type = TYPES[unquote(firstOf(attributes, KINDS) ?? '')];
  if (type !== undefined && [undefined, '"UNKNOWN"'].includes(attributes.get('mlflow.spanType'))) {
    attributes.set('mlflow.spanType', JSON.stringify(type));
  }
  fill(attributes, 'mlflow.spanInputs', firstOf(attributes, INPUTS));
  fill(attributes, 'mlflow.spanOutputs', firstOf(attributes, OUTPUTS));
  fill(attributes, 'mlflow.chat.tokenUsage', tokenUsage(attributes));
  fill(attributes, 'mlflow.llm.model', firstOf(attributes, MODELS));
  fill(attributes, 'mlflow.llm.provider', firstOf(attributes, PROVIDERS));
  return attributes;
}

/** A member of an attribute that is an object, where it is a number. */
export function numbersIn(json: string | undefined): Map<string, number> | null {
  if (json === undefined) return null;
  const direct = parseValue(json);
  // Some programs write the object as text.
  const value = typeof direct === 'string' ? parseValue(direct) : direct;
  if (!isMap(value)) return null;
  const numbers = [...value].map(([key, one]): [string, number] => [
    key,
    typeof one === 'bigint' || typeof one === 'number' ? Number(one) : Number.NaN,
  ]);
  return new Map(numbers.filter(([, number]) => Number.isFinite(number)));
}

function tokenUsage(attributes: ReadonlyMap<string, string>): string | undefined {
  const input = Number(firstOf(attributes, INPUT_TOKENS));
  const output = Number(firstOf(attributes, OUTPUT_TOKENS));
  if (!Number.isSafeInteger(input) || !Number.isSafeInteger(output)) return undefined;
  const total = Number(firstOf(attributes, TOTAL_TOKENS) ?? input + output);
  return `{"input_tokens": ${input}, "output_tokens": ${output}, "total_tokens": ${total}}`;
}

function fill(attributes: Map<string, string>, key: string, json: string | undefined): void {
  if (json !== undefined && !attributes.has(key)) attributes.set(key, json);
}

function firstOf(attributes: ReadonlyMap<string, string>, keys: readonly string[]): string | undefined {
  const key = keys.find((one) => attributes.has(one));
  return key === undefined ? undefined : attributes.get(key);
}
