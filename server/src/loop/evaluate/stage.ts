import type { Stage } from '../../context.ts';
import { decideJob } from './decide/decide-job.ts';
import { decisionRoutes } from './decision.routes.ts';
import { evaluateErrors } from './errors.ts';
import { gateRoutes } from './gate.routes.ts';
import { evaluateMigrations } from './migrations/index.ts';
import type { EvaluatedModels } from './model-access.ts';

/** The stage over what later ones know of models. */
export function createEvaluateStage(models: EvaluatedModels): Stage {
  return {
    name: 'evaluate',
    migrations: evaluateMigrations,
    errors: evaluateErrors.specs,
    routes(app, context) {
      gateRoutes(app, context);
      decisionRoutes(app, { ...context, models });
    },
    jobs: (context) => [decideJob({ ...context, models })],
  };
}
