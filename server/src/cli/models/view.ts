/** What the server says of registered models; see /openapi.json. */
export interface ModelVersion {
  readonly ref: string;
  readonly name: string;
  readonly number: number;
  readonly model_id: string | null;
  readonly run: string | null;
  readonly source: string;
  readonly description: string | null;
  readonly stage: string;
  readonly aliases: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly created_at: number;
  readonly created_by: string;
}

export interface RegisteredModel {
  readonly name: string;
  readonly description: string | null;
  /** Alias → number. */
  readonly aliases: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly created_at: number;
  readonly updated_at: number;
}

/** `champion → 3, candidate → 4`; null when there are none. */
export function describeAliases({ aliases }: RegisteredModel): string | null {
  const words = Object.entries(aliases).map(([alias, number]) => `${alias} → ${number}`);
  return words.length === 0 ? null : words.join(', ');
}
