import { defineErrors } from '../../platform/errors.ts';

export const evaluateErrors = defineErrors('EVALUATE', {
  GATE_NOT_FOUND: {
    status: 404,
    message: 'There is no gate {gate}.',
    next: 'List them with `bucle gates ls`, or name it under `gates` of bucle.yaml and run `bucle apply`.',
  },
  DECISION_NOT_FOUND: {
    status: 404,
    message: 'There is no decision {decision}.',
    next: 'List them with `bucle decisions ls`.',
  },
  KEY_REUSED: {
    status: 409,
    message: 'The key {key} belongs to the decision {decision}, which asks for something else.',
    next: 'Use another key, or send exactly the same request again.',
  },
  METRIC_UNFIT: {
    status: 422,
    message: 'The metric {metric} says nothing about predictions of the kind {kind}.',
    next: 'For these there are {metrics}.',
  },
  NO_LABEL: {
    status: 422,
    message: 'Nobody said which column of {dataset} is the label.',
    next: 'Say --label COLUMN, or declare it: `label` of the dataset in bucle.yaml, then `bucle apply`.',
  },
  SAME_VERSION: {
    status: 422,
    message: 'Candidate and champion are the same version, {version}.',
    next: 'Name another candidate: a version is never better than itself.',
  },
  NOT_REPLAYABLE: {
    status: 409,
    message: 'The decision {decision} cannot be computed again: {reason}.',
    next: '`bucle decisions show {decision}` shows what is on record.',
  },
  MODEL_FAILED: {
    status: 422,
    message: '{reason}',
    next: 'Try the version on the rows of the dataset by hand, with `mlflow.pyfunc.load_model`.',
  },
  DATA_UNFIT: {
    status: 422,
    message: '{reason}',
    next: '`bucle data show DATASET` lists the columns of the dataset; declare label, event time and key among them.',
  },
});
