import type { EventTime, PredictionMeaning } from './desired-state.schema.ts';
import type { Traffic } from './traffic.ts';

/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$';

/** What an endpoint promises about its predictions; all of it can be left open. */
export interface Declaration {
  readonly prediction: PredictionMeaning | null;
  readonly eventTime: EventTime;
  /** Feature that names the thing a prediction is about: requests about it stay together, labels find it. */
  readonly key: string | null;
  /** Milliseconds that an answer may take; null: the gateway's own. */
  readonly timeoutMs: number | null;
  /** Workers per deployment on one gateway; null: the gateway's own. */
  readonly workers: number | null;
}

export interface Endpoint extends Declaration {
  readonly name: string;
  readonly traffic: Traffic;
  /** Deployment that holds stable traffic; another version comes there by a decision only. */
  readonly stable: string | null;
  /** When somebody last decided about the traffic: an older wish moves it no more. */
  readonly trafficDecidedAt: number;
  /** Milliseconds since the epoch, the server's clock. */
  readonly createdAt: number;
  readonly createdBy: string;
}

export const openDeclaration: Declaration = {
  prediction: null,
  eventTime: { feature: null, header: null },
  key: null,
  timeoutMs: null,
  workers: null,
};

/** How events, lineage and the CLI call it. */
export function endpointRef(name: string): string {
  return `endpoint:${name}`;
}
