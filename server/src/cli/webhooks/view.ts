import { fillPath } from '@bucle/client';

export interface WebhookView {
  readonly name: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly active: boolean;
  readonly created_at: number;
  readonly created_by: string;
}

export interface DeliveryView {
  readonly id: string;
  readonly type: string;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly next_at: number | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly created_at: number;
}

export function webhookPath(name: string, rest = ''): string {
  return fillPath('/api/v1/webhooks/{name}', { name }) + rest;
}

export function formatMoment(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}
