import { defineErrors } from '../../platform/errors.ts';

/** Of Bucle's own routes; MLflow's clients get MLflow's errors (see mlflow-protocol/). */
export const trackErrors = defineErrors('TRACK', {
  RUN_NOT_FOUND: { status: 404, message: 'There is no run {run}.' },
  METRIC_NOT_FOUND: {
    status: 404,
    message: 'The run {run} has no metric {key}.',
    next: 'GET /api/v1/runs/{run}/metrics lists its metrics.',
  },
  NOT_PURGEABLE: {
    status: 409,
    message: 'The {what} {id} is not deleted, or not for that long.',
    next: 'Delete it first; what is deleted can still be restored, what is purged cannot.',
  },
  STILL_USED: {
    status: 409,
    message: 'Registered model versions are made of this: {users}. Nothing was purged.',
    next: 'Delete those versions first, or say force (`bucle gc --force`): then they lose their files.',
  },
  MODEL_NOT_FOUND: { status: 404, message: 'There is no logged model {model}.' },
  MODEL_ELSEWHERE: {
    status: 409,
    message: 'The files of the logged model {model} are at {uri}, which this server does not read.',
    next: 'Log the model in an experiment whose artifacts this server keeps (without an artifact location of its own).',
  },
  NOT_OWN_MODEL: {
    status: 403,
    message:
      'The token of the job {job} may write to what the job itself logged, and the logged model {model} is not that.',
  },
  GOLDEN_NOT_FOUND: { status: 404, message: 'No golden requests were recorded for the logged model {model}.' },
  INVALID_GOLDEN: {
    status: 422,
    message: 'The golden document is not valid: {problem}',
    next: 'Send what `python -m bucle.golden` writes for this very model.',
  },
  GOLDEN_FIXED: {
    status: 409,
    message: 'The golden requests of the logged model {model} were recorded in its job, and never change.',
  },
});
