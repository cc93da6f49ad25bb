import type { Stage } from '../../context.ts';
import { artifactOperations, artifactRoutes } from './artifact.routes.ts';
import { trackErrors } from './errors.ts';
import { experimentOperations } from './experiment.routes.ts';
import { goldenRoutes } from './golden.routes.ts';
import { loggedModelOperations } from './logged-model.routes.ts';
import { loggingOperations } from './logging.routes.ts';
import { metricOperations } from './metric.routes.ts';
import { trackMigrations } from './migrations/index.ts';
import { mlflowOperations } from './mlflow-protocol/index.ts';
import { runOperations } from './run.routes.ts';
import { serverInfoRoutes } from './server-info.routes.ts';

export const trackStage: Stage = {
  name: 'track',
  migrations: trackMigrations,
  errors: trackErrors.specs,
  async routes(app, context) {
    await mlflowOperations(app, (add) => {
      experimentOperations(add, context);
      runOperations(add, context);
      loggingOperations(add, context);
      metricOperations(add, context);
      loggedModelOperations(add, context);
      artifactOperations(add, context);
    });
    await artifactRoutes(app, context);
    await goldenRoutes(app, context);
    await serverInfoRoutes(app);
  },
};
