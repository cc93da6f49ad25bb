import { type Client, fillPath } from '@bucle/client';

/** What the server says of a policy; see /openapi.json. */
export interface PolicyView {
  readonly name: string;
  readonly version: number;
  readonly paused: { readonly reason: string; readonly by: string; readonly at: number } | null;
  readonly policy: PolicyBody;
  readonly changed_at: number;
  readonly changed_by: string;
}

export interface PolicyBody {
  readonly endpoint: string;
  readonly model?: string;
  readonly job: string;
  readonly input: string;
  readonly triggers: readonly Readonly<Record<string, string | number | boolean>>[];
  readonly data: Readonly<Record<string, string | number>>;
  readonly cooldown?: string;
  readonly budget?: { readonly firings_per_year?: number; readonly rejections_in_a_row?: number };
  readonly gate?: string;
  readonly rollout?: { readonly steps: readonly number[] };
}

export interface FiringView {
  readonly id: string;
  readonly policy: string;
  readonly number: number;
  readonly endpoint: string;
  readonly state: string;
  readonly because: readonly string[];
  readonly event_time: number | null;
  readonly training: string | null;
  readonly trained_until: number | null;
  readonly new_rows: number | null;
  readonly holdout: string | null;
  readonly holdout_rows: number | null;
  readonly job: string | null;
  readonly version: string | null;
  readonly champion: string | null;
  readonly decision: string | null;
  readonly rollout: string | null;
  readonly outcome: string | null;
  readonly summary: string | null;
  readonly next: string | null;
  readonly progress: string | null;
  readonly actor: string;
  readonly created_at: number;
  readonly ended_at: number | null;
}

interface Parts {
  readonly client: Client;
  readonly signal: AbortSignal;
}

export function policyPath(name: string, act = ''): string {
  return `${fillPath('/api/v1/policies/{name}', { name })}${act}`;
}

/** @throws RETRAIN_FIRING_NOT_FOUND */
export function getFiring({ client, signal }: Parts, id: string): Promise<FiringView> {
  return client.request<FiringView>('GET', fillPath('/api/v1/firings/{id}', { id }), { signal });
}

/** `drift: data, labels: 5000`. */
export function describeTriggers({ triggers }: Pick<PolicyBody, 'triggers'>): string {
  const words = triggers.flatMap((trigger) => Object.entries(trigger).map(([kind, value]) => `${kind}: ${value}`));
  return words.length === 0 ? 'by hand only' : words.join(', ');
}

/** One line: where it is, or what it came to. */
export function describeFiring({ policy, number, state, outcome, summary, progress }: FiringView): string {
  const what = outcome === null ? `${state.replace('_', ' ')}${progress === null ? '' : `: ${progress}`}` : summary;
  return `firing ${number} of ${policy}: ${outcome === null ? '' : `${outcome.replace('_', ' ')}. `}${what ?? ''}`;
}
