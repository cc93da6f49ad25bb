import type { Stage } from '../../context.ts';
import { artifactOperations, artifactRoutes } from './artifact.routes.ts';
import { refuseTracking } from './artifacts-only.ts';
import { datasetSearchOperations } from './dataset-search.routes.ts';
import { trackErrors } from './errors.ts';
import { experimentOperations } from './experiment.routes.ts';
import { placeDefaultExperiment } from './experiment-life.ts';
import { goldenRoutes } from './golden.routes.ts';
import { loggedModelOperations } from './logged-model.routes.ts';
import { loggingOperations } from './logging.routes.ts';
import { metricOperations } from './metric.routes.ts';
import { metricChartRoutes } from './metric-chart.routes.ts';
import { trackMigrations } from './migrations/index.ts';
import { mlflowOperations } from './mlflow-protocol/index.ts';
import { purgeFilesHandler } from './purge.ts';
import { runOperations } from './run.routes.ts';
import { serverInfoRoutes } from './server-info.routes.ts';
import { allTraceOperations, traceRoutes } from './traces/index.ts';

export const trackStage: Stage = {
  name: 'track',
  migrations: trackMigrations,
  errors: trackErrors.specs,
  async routes(app, context) {
    await placeDefaultExperiment(context);
    refuseTracking(app, context);
    await mlflowOperations(app, (add) => {
      experimentOperations(add, context);
      datasetSearchOperations(add, context);
      runOperations(add, context);
      loggingOperations(add, context);
      metricOperations(add, context);
      loggedModelOperations(add, context);
      artifactOperations(add, context);
      allTraceOperations(add, context);
    });
    await artifactRoutes(app, context);
    metricChartRoutes(app, context);
    await goldenRoutes(app, context);
    await traceRoutes(app, context);
    await serverInfoRoutes(app, context);
  },
  jobs: (context) => [purgeFilesHandler(context)],
};
