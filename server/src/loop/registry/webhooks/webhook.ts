import { pythonList } from '../../track/index.ts';

/** What a webhook of MLflow is told of: entity → what can happen to it. */
export const actionsOf = {
  registered_model: ['created'],
  model_version: ['created'],
  model_version_tag: ['set', 'deleted'],
  model_version_alias: ['created', 'deleted'],
  prompt: ['created'],
  prompt_version: ['created'],
  prompt_tag: ['set', 'deleted'],
  prompt_version_tag: ['set', 'deleted'],
  prompt_alias: ['created', 'deleted'],
  budget_policy: ['exceeded'],
} as const;

export type Entity = keyof typeof actionsOf;
export type Action = (typeof actionsOf)[Entity][number];

export interface Topic {
  readonly entity: Entity;
  readonly action: Action;
}

/** A listener in MLflow's form: its address, what it is told of, and the secret that signs. */
export interface MlflowWebhook {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly url: string;
  readonly topics: readonly Topic[];
  /** Disabled: it is told nothing of what happens meanwhile. */
  readonly active: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** With what signs what it is sent; null: nothing does. */
export type Signer = MlflowWebhook & { readonly secret: string | null };

export type DeliveryState = 'pending' | 'delivered' | 'dead';

export interface MlflowDelivery {
  readonly id: string;
  readonly webhook: string;
  /** JSON, the same at each try. */
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** When it is tried next; null: it is over. */
  readonly nextAt: number | null;
}

/** Why this is no name of a webhook; `null` when it is one. In MLflow's words. */
export function webhookNameProblem(name: string): string | null {
  if (/^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name)) return null;
  return (
    `Webhook name '${name.slice(0, 300)}' is invalid. It must start and end with a letter or digit, be less than 63 ` +
    'characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).'
  );
}

/** Why nothing of the kind can happen; `null` when it can. In MLflow's words. */
export function topicProblem(entity: Entity, action: string): string | null {
  const possible: readonly string[] = actionsOf[entity];
  if (possible.includes(action)) return null;
  const valid = pythonList([...possible].sort());
  return `Invalid action '${action}' for entity '${entity}'. Valid actions are: ${valid}`;
}
