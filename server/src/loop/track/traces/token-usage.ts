import { numbersIn } from './translate-attributes.ts';

/** What a trace used: counts of tokens. */
export const TOKEN_KEYS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation_input_tokens_above_1hr',
] as const;
/** What it cost, in US dollars. */
export const COST_KEYS = ['input_cost', 'output_cost', 'total_cost'] as const;

export type TokenKey = (typeof TOKEN_KEYS)[number];
export type CostKey = (typeof COST_KEYS)[number];
export type Totals<Key extends string> = Readonly<Partial<Record<Key, number>>>;

export const USAGE_ATTRIBUTE = 'mlflow.chat.tokenUsage';
export const COST_ATTRIBUTE = 'mlflow.llm.cost';

/** A span as far as a total needs it. */
export interface UsageNode {
  readonly id: string;
  readonly parent: string | null;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Tokens of all these spans of one trace; null when none has any. */
export function sumTokens(spans: readonly UsageNode[]): Totals<TokenKey> | null {
  const sums = sumOver(spans, USAGE_ATTRIBUTE, ['input_tokens', 'output_tokens', 'total_tokens']);
  return sums && tokensIn(sums);
}

export function sumCost(spans: readonly UsageNode[]): Totals<CostKey> | null {
  const sums = sumOver(spans, COST_ATTRIBUTE, COST_KEYS);
  return sums && costIn(sums);
}

export function tokensIn(numbers: ReadonlyMap<string, number>): Totals<TokenKey> {
  return pick(TOKEN_KEYS, numbers, Number.isSafeInteger);
}

export function costIn(numbers: ReadonlyMap<string, number>): Totals<CostKey> {
  return pick(COST_KEYS, numbers, Number.isFinite);
}

// Some programs tell the sum of its children at a parent: what lies below a span that has numbers is in them.
function sumOver(
  spans: readonly UsageNode[],
  attribute: string,
  always: readonly string[],
): Map<string, number> | null {
  const ids = new Set(spans.map(({ id }) => id));
  const children = Map.groupBy(spans, ({ parent }) => (parent !== null && ids.has(parent) ? parent : ''));
  const sums = new Map<string, number>();
  const open = [...(children.get('') ?? [])];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    const numbers = numbersIn(span.attributes.get(attribute));
    if (numbers === null) open.push(...(children.get(span.id) ?? []));
    else for (const [key, number] of numbers) sums.set(key, (sums.get(key) ?? 0) + number);
    if (numbers !== null) for (const key of always) sums.set(key, sums.get(key) ?? 0);
  }
  return sums.size === 0 ? null : sums;
}

function pick<Key extends string>(
  keys: readonly Key[],
  numbers: ReadonlyMap<string, number>,
  fits: (value: number) => boolean,
): Totals<Key> {
  const picked: Partial<Record<Key, number>> = {};
  for (const key of keys) {
    const value = numbers.get(key);
    if (value !== undefined && fits(value)) picked[key] = value;
  }
  return picked;
}
