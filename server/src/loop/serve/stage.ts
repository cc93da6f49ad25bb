import type { Stage } from '../../context.ts';
import { captureMetrics } from './capture-metrics.ts';
import { captureRoutes } from './captures.routes.ts';
import { erasureRoutes } from './erasure.routes.ts';
import { serveErrors } from './errors.ts';
import { serveMigrations } from './migrations/index.ts';
import { predictionRoutes } from './prediction.routes.ts';
import { erasureHandler } from './run-erasure.ts';
import { startSweeping, sweepHandler } from './sweep-captures.ts';

/** The control server's part of serving: what gateways answered. The gateway itself is a process of its own. */
export const serveStage: Stage = {
  name: 'serve',
  migrations: serveMigrations,
  errors: serveErrors.specs,
  routes(app, context) {
    captureRoutes(app, context);
    predictionRoutes(app, context);
    erasureRoutes(app, context);
  },
  jobs: (context) => [sweepHandler(context), erasureHandler(context)],
  subscriptions: (context) => [startSweeping(context)],
  metrics: captureMetrics,
};
