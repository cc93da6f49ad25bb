import type { Stage } from '../../context.ts';
import { alertRoutes } from './alert.routes.ts';
import { referenceJob } from './build-reference.ts';
import { capturedSubscription } from './captured-subscription.ts';
import { qualityJob } from './compute-quality.ts';
import { erasedSubscription } from './erased-subscription.ts';
import { monitorErrors } from './errors.ts';
import { forgetSubscription } from './forget-subscription.ts';
import { ingestJob } from './ingest-job.ts';
import { labelRoutes } from './label.routes.ts';
import { labelErrors } from './label-errors.ts';
import { monitorMigrations } from './migrations/index.ts';
import { monitorRoutes } from './monitor.routes.ts';
import { monitorMetrics } from './monitor-metrics.ts';
import { promotedSubscription } from './promoted-subscription.ts';
import { qualityRoutes } from './quality.routes.ts';
import { windowRoutes } from './window.routes.ts';

export const monitorStage: Stage = {
  name: 'monitor',
  migrations: monitorMigrations,
  errors: { ...monitorErrors.specs, ...labelErrors.specs },
  async routes(app, context) {
    monitorRoutes(app, context);
    windowRoutes(app, context);
    alertRoutes(app, context);
    qualityRoutes(app, context);
    labelRoutes(app, context);
  },
  jobs: (context) => [ingestJob(context), referenceJob(context), qualityJob(context)],
  metrics: monitorMetrics,
  subscriptions: (context) => [
    forgetSubscription(context),
    capturedSubscription(context),
    promotedSubscription(context),
    erasedSubscription,
  ],
};
