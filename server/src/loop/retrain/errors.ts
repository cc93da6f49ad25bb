import { defineErrors } from '../../platform/errors.ts';

export const retrainErrors = defineErrors('RETRAIN', {
  POLICY_NOT_FOUND: {
    status: 404,
    message: 'There is no policy {name}.',
    next: 'List them with `bucle policies ls`, or declare it under `policies` of bucle.yaml and run `bucle apply`.',
  },
  FIRING_NOT_FOUND: {
    status: 404,
    message: 'There is no firing {firing}.',
    next: 'List them with `bucle firings ls`.',
  },
  INVALID_POLICY: {
    status: 422,
    message: 'The policy {name} is not valid: {problem}.',
    next: 'Correct it; /schemas/bucle.json describes every member.',
  },
  CANNOT_FIRE: {
    status: 409,
    message: 'The policy {name} cannot fire now: {reason}',
    next: '`bucle policies explain {name}` shows what happened before.',
    retryable: true,
  },
  NOT_PAUSED: { status: 409, message: 'The policy {name} is not paused.' },
  NO_WEBHOOK: {
    status: 409,
    message: 'The policy {name} has no webhook trigger.',
    next: 'Add `- webhook: true` to its triggers.',
  },
  WEBHOOK_REFUSED: {
    status: 401,
    message: 'The secret of this webhook is missing or wrong.',
    next: 'Send it in the header Bucle-Webhook-Secret; POST /api/v1/policies/{name}/webhook-secret makes a new one.',
  },
  NO_MEANING: {
    status: 422,
    message: 'The endpoint {endpoint} does not say what its predictions mean, so that nothing can be judged.',
    next: 'Declare `prediction` for {endpoint} in bucle.yaml, or at the next `bucle endpoints deploy`.',
  },
  GATE_NOT_FOUND: {
    status: 422,
    message: 'The policy names the gate {gate}, which nobody declared.',
    next: 'Declare it under `gates` of bucle.yaml, or leave `gate` out for the default.',
  },
  NO_HISTORY: {
    status: 409,
    message: 'Nothing is recorded yet that the policy {name} could be replayed over: {endpoint} has no windows.',
    next: 'Declare a monitor for {endpoint} and send it traffic, then look again.',
  },
});
