import { defineErrors } from '../../platform/errors.ts';

export const registryErrors = defineErrors('REGISTRY', {
  MODEL_NOT_FOUND: {
    status: 404,
    message: 'There is no registered model {name}.',
    next: 'List them with `bucle models ls`, or make it with `bucle models register run:RUN --as {name}`.',
  },
  VERSION_NOT_FOUND: {
    status: 404,
    message: 'The model {name} has no version {version}.',
    next: 'List its versions with `bucle models show {name}`.',
  },
  ALIAS_NOT_FOUND: {
    status: 404,
    message: 'The model {name} has no alias {alias}.',
    next: 'Its aliases are listed by `bucle models show {name}`; set one with MlflowClient.set_registered_model_alias.',
  },
  INVALID_REF: {
    status: 400,
    message: '{ref} names no model version.',
    next: 'Write NAME/3, NAME/latest or NAME@ALIAS; `version:` may stand before it.',
  },
  INVALID_NAME: {
    status: 400,
    message: '{problem}',
    next: 'Choose a name without slashes and colons.',
  },
  INVALID_ORIGIN: {
    status: 400,
    message: '{from} is nothing that could be registered.',
    next: 'Write run:RUN, job:JOB or model:m-….',
  },
  JOB_NOT_FOUND: { status: 404, message: 'There is no job {job}.', next: 'List them with `bucle jobs ls`.' },
  NO_RUN: {
    status: 409,
    message: 'The job {job} has not started a run yet, so that there is nothing to register.',
    next: 'Wait for it: `bucle jobs logs -f {job}`.',
    retryable: true,
  },
  RUN_NOT_FOUND: { status: 404, message: 'There is no run {run}.', next: 'List them with `bucle runs ls`.' },
  LOGGED_MODEL_NOT_FOUND: { status: 404, message: 'There is no logged model {model}.' },
  NOTHING_LOGGED: {
    status: 409,
    message: 'The run {run} has logged no model that is complete.',
    next: 'Log one in it: `mlflow.<flavor>.log_model(…, name=…, input_example=…)`.',
  },
  SEVERAL_LOGGED: {
    status: 409,
    message: 'The run {run} has logged several models: {models}.',
    next: 'Say which one: model:m-….',
  },
  NOT_READY: {
    status: 409,
    message: 'The logged model {model} is {status}: its files are not complete.',
    next: 'Wait until the run that logs it has ended, or log the model again.',
    retryable: true,
  },
  IS_PROMPT: { status: 409, message: '{name} is a prompt of MLflow, no model.', next: 'Choose another name.' },
});
