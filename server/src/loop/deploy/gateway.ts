import type { Context } from '../../context.ts';
import { type Gateway, listGateways } from './gateway.store.ts';

/** A gateway repeats its report every 10 s; one that was silent for so long is not counted. */
const SILENT_MS = 60_000;

/** Gateways that reported lately, and where callers find them. */
export async function liveGateways({
  db,
  clock,
  config,
}: Pick<Context, 'db' | 'clock' | 'config'>): Promise<{ gateways: Gateway[]; gatewayUrl: string }> {
  const gateways = await listGateways(db.read, clock.now() - SILENT_MS);
  return { gateways, gatewayUrl: gateways[0]?.url ?? config.gatewayUrl };
}
