import type { Context, Stage } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { StoredEvent } from '../../platform/events/events.ts';
import { checkPolicies, checkSchedules } from './check-policies.ts';
import { retrainErrors } from './errors.ts';
import { firingRoutes } from './firing.routes.ts';
import { followFiring } from './follow/follow-firing.ts';
import { retrainMigrations } from './migrations/index.ts';
import { policyRoutes } from './policy.routes.ts';
import type { RetrainPorts } from './ports.ts';
import { webhookRoutes } from './webhook.routes.ts';
import { worldEvents } from './world.ts';

/** The stage over what the stages before it offer. */
export function createRetrainStage(ports: RetrainPorts): Stage {
  return {
    name: 'retrain',
    migrations: retrainMigrations,
    errors: retrainErrors.specs,
    routes(app, context) {
      policyRoutes(app, context);
      firingRoutes(app, context);
      webhookRoutes(app, context);
    },
    jobs: (context) => [followFiring(context, ports)],
    subscriptions: (context) => [
      {
        name: 'retrain.check',
        types: [...worldEvents, 'dataset.version.created', 'policy.webhook'],
        handle: (event, trx) => checkPolicies(context, event, trx as Trx),
      },
      {
        name: 'retrain.schedule',
        types: ['captures.stored'],
        handle: (event, trx) => lookAtSchedules(context, ports, event, trx as Trx),
      },
    ],
  };
}

async function lookAtSchedules(context: Context, ports: RetrainPorts, event: StoredEvent, trx: Trx): Promise<void> {
  const told = event.data['endpoints'];
  const names = Array.isArray(told) ? told.map((one: { endpoint?: unknown }) => one.endpoint) : [];
  for (const endpoint of names.filter((name) => typeof name === 'string').sort()) {
    const watermark = await ports.watermarkOf(trx, endpoint);
    if (watermark !== null) await checkSchedules(context, trx, { endpoint, watermark, cause: event.id });
  }
}
