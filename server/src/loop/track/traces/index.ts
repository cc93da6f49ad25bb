import type { Context } from '../../../context.ts';
import type { App } from '../../../platform/http/create-http.ts';
import type { AddOperation } from '../mlflow-protocol/index.ts';
import { assessmentOperations } from './assessment.routes.ts';
import { otlpRoutes } from './otlp.routes.ts';
import { runTracesRoutes } from './run-traces.routes.ts';
import { startTraceOperation } from './start-trace.routes.ts';
import { traceOperations } from './trace.routes.ts';
import { traceArtifactRoutes } from './trace-artifact.routes.ts';
import { traceMetricsOperation } from './trace-metrics.routes.ts';
import { traceTagOperations } from './trace-tag.routes.ts';

export { purgeTraces } from './delete-traces.ts';
export { purgeTraceLinks } from './link.store.ts';

/** All that MLflow's clients do with traces. */
export function allTraceOperations(add: AddOperation, context: Pick<Context, 'db' | 'clock'>): void {
  startTraceOperation(add, context);
  traceOperations(add, context);
  traceTagOperations(add, context);
  assessmentOperations(add, context);
  traceMetricsOperation(add, context);
}

export async function traceRoutes(app: App, context: Pick<Context, 'db' | 'blobs'>): Promise<void> {
  await otlpRoutes(app, context);
  await traceArtifactRoutes(app, context);
  runTracesRoutes(app, context);
}
