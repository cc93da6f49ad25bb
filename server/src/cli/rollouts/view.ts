import { type Client, fillPath } from '@bucle/client';

export interface Step {
  readonly percent: number;
  readonly min_seconds: number;
  readonly min_requests: number;
}

interface Both {
  readonly canary: number;
  readonly baseline: number;
}

/** What the server says of a rollout; see /openapi.json. */
export interface Rollout {
  readonly id: string;
  readonly endpoint: string;
  /** `version:flights/4` */
  readonly version: string;
  readonly candidate: string;
  readonly previous: string | null;
  readonly decision: string;
  readonly state: string;
  readonly open: boolean;
  readonly step: number;
  readonly percent: number;
  readonly held: { readonly kind: string; readonly text: string } | null;
  readonly reason: string | null;
  readonly waived: readonly string[];
  readonly plan: { readonly steps: readonly Step[] };
  readonly requests: Both;
  readonly faults: Both;
  /** What each guard says. */
  readonly guards: Readonly<Record<string, string>>;
  readonly actor: string;
  readonly created_at: number;
  readonly ended_at: number | null;
}

interface Parts {
  readonly client: Client;
  readonly signal: AbortSignal;
}

/** @throws DEPLOY_ROLLOUT_NOT_FOUND */
export function getRollout({ client, signal }: Parts, id: string): Promise<Rollout> {
  return client.request<Rollout>('GET', fillPath('/api/v1/rollouts/{id}', { id: idOf(id) }), { signal });
}

/** The newest first. @throws DEPLOY_ENDPOINT_NOT_FOUND */
export async function listRollouts({ client, signal }: Parts, name: string, limit: number): Promise<Rollout[]> {
  const path = fillPath('/api/v1/endpoints/{name}/rollouts', { name });
  return (await client.request<{ rollouts: Rollout[] }>('GET', path, { query: { limit }, signal })).rollouts;
}

export function idOf(word: string): string {
  return word.replace(/^rollout:/, '');
}

/** `flights/4` of `version:flights/4`. */
export function shortVersion({ version }: Pick<Rollout, 'version'>): string {
  return version.replace(/^version:/, '');
}

/** One line: what is rolled out, how far it is, and why it stays. */
export function describeRollout(rollout: Rollout): string {
  const { state, percent, held, reason } = rollout;
  const share = state === 'canary' || state === 'promoting' ? ` at ${percent} %` : '';
  const why = held?.text ?? (state === 'promoted' ? null : reason);
  return `rollout of ${shortVersion(rollout)}: ${state}${share}${why === null ? '' : `: ${why}`}`;
}
