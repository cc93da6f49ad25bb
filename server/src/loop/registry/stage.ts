import type { Stage } from '../../context.ts';
import { realNetwork } from '../../platform/webhooks/network.ts';
import { mlflowOperations } from '../track/index.ts';
import { aliasOperations } from './alias.routes.ts';
import { registryErrors } from './errors.ts';
import { registryMigrations } from './migrations/index.ts';
import { modelRoutes } from './model.routes.ts';
import { modelVersionOperations } from './model-version.routes.ts';
import { purgeRoutes } from './purge.routes.ts';
import { registeredModelOperations } from './registered-model.routes.ts';
import { versionArtifactRoutes } from './version-artifact.routes.ts';
import { mlflowDeliveryJob } from './webhooks/deliver-message.ts';
import { mlflowWebhookOperations } from './webhooks/webhook.routes.ts';

export const registryStage: Stage = {
  name: 'registry',
  migrations: registryMigrations,
  errors: registryErrors.specs,
  async routes(app, context) {
    await mlflowOperations(app, (add) => {
      registeredModelOperations(add, context);
      aliasOperations(add, context);
      modelVersionOperations(add, context);
      mlflowWebhookOperations(add, context, realNetwork);
    });
    await versionArtifactRoutes(app, context);
    modelRoutes(app, context);
    purgeRoutes(app, context);
  },
  jobs: (context) => [mlflowDeliveryJob(context, realNetwork)],
};
