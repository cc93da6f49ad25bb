import type { Stage } from '../../context.ts';
import { deploymentRoutes } from './deployment.routes.ts';
import { endpointRoutes } from './endpoint.routes.ts';
import { deployErrors } from './errors.ts';
import { fileRoutes } from './file.routes.ts';
import { gatewayRoutes } from './gateway.routes.ts';
import { deployMigrations } from './migrations/index.ts';
import type { ModelSource } from './model-source.ts';
import { prepareJob } from './prepare/prepare-deployment.ts';
import { rolloutRoutes } from './rollout/rollout.routes.ts';
import { rolloutMetrics } from './rollout/rollout-metrics.ts';
import { rolloutJob } from './rollout/run-rollout.ts';

/** The stage over what `track` and `registry` offer. */
export function createDeployStage(source: ModelSource): Stage {
  return {
    name: 'deploy',
    migrations: deployMigrations,
    errors: deployErrors.specs,
    routes(app, context) {
      const parts = { ...context, source };
      endpointRoutes(app, context);
      deploymentRoutes(app, parts);
      gatewayRoutes(app, context);
      fileRoutes(app, parts);
      rolloutRoutes(app, parts);
    },
    metrics: rolloutMetrics,
    jobs: (context) => [prepareJob({ ...context, source }), rolloutJob(context)],
  };
}
