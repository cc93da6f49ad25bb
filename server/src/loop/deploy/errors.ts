import { defineErrors } from '../../platform/errors.ts';

export const deployErrors = defineErrors('DEPLOY', {
  ENDPOINT_NOT_FOUND: {
    status: 404,
    message: 'There is no endpoint {endpoint}.',
    next: 'List them with `bucle endpoints ls`, or make it with `bucle endpoints deploy {endpoint} MODEL/VERSION`.',
  },
  ENDPOINT_EXISTS: {
    status: 409,
    message: 'An endpoint {endpoint} exists.',
    next: 'Change it with PATCH /api/v1/endpoints/{endpoint}, or deploy to it as it is.',
  },
  DEPLOYMENT_NOT_FOUND: {
    status: 404,
    message: 'The endpoint {endpoint} has no deployment {deployment}.',
    next: '`bucle endpoints show {endpoint}` lists its deployments.',
  },
  TRAFFIC_INVALID: {
    status: 422,
    message: 'This split of traffic is not valid: {problem}.',
    next: 'Name every deployment that shall get requests, with shares that sum to 100.',
  },
  NOT_READY: {
    status: 409,
    message: 'The deployment {deployment} ({version}) can get no traffic: it is {state}. {reason}',
    next: '{hint}',
  },
  NO_REST: {
    status: 409,
    message: 'The endpoint {endpoint} has no deployment with traffic that could take the other {rest} %.',
    next: 'Say --traffic 100, or leave it out: the first deployment of an endpoint gets everything.',
  },
  NEEDS_DECISION: {
    status: 409,
    message:
      '{version} would come to hold the stable traffic of {endpoint}: that is a promotion, which needs a decision.',
    next:
      'Give the decision of an evaluation (--decision ID; `bucle decisions ls` lists them), or say why you do it ' +
      'without one (--reason TEXT), which is kept as an override with your name.',
  },
  DECISION_NOT_FOUND: {
    status: 404,
    message: 'There is no decision {decision}.',
    next: 'List them with `bucle decisions ls`.',
  },
  DECISION_UNFIT: {
    status: 409,
    message: 'The decision {decision} does not promote {version} here: {problem}.',
    next: 'Evaluate the version against what serves now, or give a reason instead (--reason TEXT).',
  },
  ROLLOUT_OPEN: {
    status: 409,
    message: 'The rollout {rollout} of {version} moves the traffic of {endpoint} now.',
    next: 'Wait until it is over, or end it first: `bucle rollouts abort {rollout} --reason TEXT`.',
  },
  ROLLOUT_NOT_FOUND: {
    status: 404,
    message: 'There is no rollout {rollout}.',
    next: 'List them with `bucle rollouts ls ENDPOINT`.',
  },
  ROLLOUT_OVER: {
    status: 409,
    message: 'The rollout {rollout} cannot {act}: it is {state}.',
    next: '`bucle rollouts show {rollout}` tells how it went.',
  },
  ROLLOUT_NOT_READY: {
    status: 409,
    message: 'The rollout {rollout} cannot be promoted: no gateway has proved its candidate so far ({reason}).',
    next: '`bucle rollouts watch {rollout}` shows when it is.',
  },
  ALREADY_STABLE: {
    status: 409,
    message: '{version} holds the stable traffic of {endpoint} already.',
    next: 'Nothing is to be rolled out; `bucle endpoints show {endpoint}` shows what serves.',
  },
  PLAN_INVALID: {
    status: 422,
    message: 'This plan of a rollout is not valid: {problem}.',
    next: 'Give steps of growing percent, such as --steps 10,50,100.',
  },
  CANNOT_UNDO: {
    status: 409,
    message: 'The rollout {rollout} cannot be undone: {problem}.',
    next: '{hint}',
  },
  HELD_FOR_UNDO: {
    status: 409,
    message: 'The deployment {deployment} is needed by the rollout {rollout}: {why}.',
    next: '{hint}',
  },
  HAS_TRAFFIC: {
    status: 409,
    message: 'The deployment {deployment} answers {share} % of the requests to {endpoint}.',
    next: 'Give its traffic to others first: `bucle endpoints traffic {endpoint} DEPLOYMENT=100`.',
  },
  MODEL_NOT_READY: {
    status: 409,
    message: 'The logged model {model} of {version} is {status}: its files are not complete.',
    next: 'Wait until the run that logs it has ended, or log the model again.',
    retryable: true,
  },
  NO_LOGGED_MODEL: {
    status: 422,
    message: 'The version {version} points at {source}, which is no logged model, so that nothing proves its answers.',
    next: 'Log it with mlflow 3 (`mlflow.<flavor>.log_model(…, name=…, input_example=…)`) and register that model.',
  },
  FILE_NOT_FOUND: { status: 404, message: 'There is no such file: {path}.' },
  FILE_CHANGED: {
    status: 410,
    message: 'The file {path} of {model} is no longer what it was when it was deployed.',
    next: 'Deploy the version again.',
  },
  GATEWAYS_ONLY: {
    status: 403,
    message: 'Only gateways and administrators may read this; {token} is neither.',
    next: 'Start the gateway with the token that the server wrote to gateway.token in its data folder.',
  },
  STILL_BUSY: {
    status: 409,
    message: 'The traffic of {endpoint} was changed by somebody else at the same time.',
    next: 'Look at it with `bucle endpoints show {endpoint}`, and say it again if you still want it.',
    retryable: true,
  },
});
