import { type BucleError, defineErrors } from '../platform/errors.ts';

export const engineErrors = defineErrors('ENGINE', {
  MLMODEL_INVALID: {
    status: 422,
    message: 'The MLmodel file of the model cannot be used: {problem}.',
    next: 'Log the model again with `mlflow.<flavor>.log_model`, which writes it.',
  },
  INPUT_REFUSED: { status: 400, message: '{problem}' },
  MODEL_FAILED: {
    status: 500,
    message: 'The model raised an error on this input: {reason}',
    next: 'The same input fails the same way where the model was trained; the log of the gateway has the traceback.',
  },
  LOAD_FAILED: {
    status: 422,
    message: 'The model cannot be loaded: {reason}',
    next: 'Try `mlflow.pyfunc.load_model` in an environment made from the requirements.txt of the model.',
  },
  WORKER_LOST: {
    status: 500,
    message: 'The worker of the model ended while it computed this answer, and so did the next one: {reason}',
  },
  WORKER_DOWN: {
    status: 503,
    message: 'No worker of this model is running; the last one ended so: {reason}',
    retryable: true,
  },
  OVERLOADED: {
    status: 503,
    message: 'More requests wait for this model than it can answer in time ({queued} wait, about {wait_ms} ms).',
    next: 'Repeat it later, send fewer at once, or give the deployment more workers.',
    retryable: true,
  },
  DEADLINE: { status: 504, message: 'The model did not answer within {timeout_ms} ms.' },
  CLOSED: { status: 503, message: 'This model is being taken out of service.', retryable: true },
  GOLDEN_INVALID: {
    status: 422,
    message: 'The golden requests cannot be used: {problem}.',
    next: 'Record them again: run the training job again, or ask for them to be rebuilt from the requirements of the model.',
  },
  CONVERSION_INVALID: { status: 422, message: 'The ONNX form cannot be used: {problem}.' },
});

export type Fault = 'client' | 'model' | 'platform';

const FAULTS: Readonly<Record<string, Fault>> = {
  ENGINE_INPUT_REFUSED: 'client',
  ENGINE_MODEL_FAILED: 'model',
  ENGINE_WORKER_LOST: 'model',
  ENGINE_DEADLINE: 'model',
};

/** Whose fault a failed prediction is: only a model's own count against it. */
export function faultOf(error: BucleError): Fault {
  return FAULTS[error.code] ?? (error.status < 500 ? 'client' : 'platform');
}
