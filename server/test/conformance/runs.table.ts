import { type Case, missing, wrongType } from './case.ts';

const ACTIVE = "The run $deletedRun must be in the 'active' state. Current state is deleted.";
const DATASET = { name: 'a', digest: 'b', source_type: 'c', source: 'd' };
const MODEL = JSON.stringify({ artifact_path: 'a', flavors: {}, utc_time_created: '', run_id: '' });

/** Every call that writes to a run, with all it needs beside the run. */
const WRITES: Readonly<Record<string, object>> = {
  'runs/update': { status: 'FINISHED' },
  'runs/log-metric': { key: 'a', value: 1, timestamp: 1 },
  'runs/log-parameter': { key: 'a', value: '1' },
  'runs/set-tag': { key: 'a', value: '1' },
  'runs/delete-tag': { key: 'a' },
  'runs/log-batch': { tags: [{ key: 'a', value: '1' }] },
  'runs/log-inputs': { datasets: [{ dataset: DATASET }] },
  'runs/outputs': { models: [{ model_id: '$model', step: 1 }] },
  'runs/log-model': { model_json: MODEL },
};

const writes = Object.entries(WRITES).flatMap(([path, body]): Case[] => [
  { rule: `${path} needs a run`, call: `POST ${path}`, body, status: 400, message: missing('run_id') },
  {
    rule: `${path} wants the id of a run as a text`,
    call: `POST ${path}`,
    body: { run_id: 31, ...body },
    status: 400,
    message: wrongType('31', 'run_id', 'int'),
  },
  {
    rule: `${path} of a run that is not there is not found`,
    call: `POST ${path}`,
    body: { run_id: 'nope', ...body },
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: 'Run with id=nope not found',
  },
  {
    rule: `${path} leaves a deleted run alone`,
    call: `POST ${path}`,
    body: { run_id: '$deletedRun', ...body },
    status: 400,
    message: ACTIVE,
  },
]);

export const runs: readonly Case[] = [
  ...writes,
  {
    rule: 'a run is read by its id',
    call: 'GET runs/get',
    query: { run_id: '$run' },
    answer: {
      run: {
        info: {
          run_id: '$run',
          run_uuid: '$run',
          run_name: 'subject',
          experiment_id: '$experiment',
          lifecycle_stage: 'active',
          artifact_uri: 'mlflow-artifacts:/$experiment/$run/artifacts',
        },
        inputs: {},
        outputs: {},
      },
    },
  },
  {
    rule: 'a run is read by its old id',
    call: 'GET runs/get',
    query: { run_uuid: '$run' },
    answer: { run: { info: { run_id: '$run' } } },
  },
  {
    rule: 'of both ids the new one counts',
    call: 'GET runs/get',
    query: { run_id: '$run', run_uuid: 'nope' },
    answer: { run: { info: { run_id: '$run' } } },
  },
  {
    rule: 'a deleted run is read too',
    call: 'GET runs/get',
    query: { run_id: '$deletedRun' },
    answer: { run: { info: { lifecycle_stage: 'deleted' } } },
  },
  {
    rule: 'a run that is not there is not found',
    call: 'GET runs/get',
    query: { run_id: 'nope' },
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: 'Run with id=nope not found',
  },
  { rule: 'a run is deleted twice', call: 'POST runs/delete', body: { run_id: '$deletedRun' }, answer: {} },
  { rule: 'an active run is restored', call: 'POST runs/restore', body: { run_id: '$run' }, answer: {} },
  {
    rule: 'a run may be made without a word',
    call: 'POST runs/create',
    body: {},
    answer: { run: { info: { experiment_id: '0', status: 'RUNNING', user_id: '' }, inputs: {} } },
  },
  {
    rule: 'a run is made with all its fields in text, as R sends them',
    call: 'POST runs/create',
    body: { experiment_id: '$experiment', start_time: '1600000000000', user_id: 'u' },
    answer: { run: { info: { start_time: 1_600_000_000_000, user_id: 'u' } } },
  },
  {
    rule: 'a run may be made with names of either case',
    call: 'POST runs/create',
    body: { experimentId: '$experiment', runName: 'camel', startTime: 4 },
    answer: { run: { info: { run_name: 'camel', start_time: 4 } } },
  },
  {
    rule: 'both spellings of one field are refused',
    call: 'POST runs/create',
    body: { experiment_id: '0', experimentId: '$experiment' },
    status: 400,
    message: "Request specifies both 'experiment_id' and 'experimentId'; provide only one of them.",
  },
  {
    rule: 'a run is named by its tag',
    call: 'POST runs/create',
    body: { experiment_id: '0', tags: [{ key: 'mlflow.runName', value: 'tagged' }] },
    answer: { run: { info: { run_name: 'tagged' } } },
  },
  {
    rule: 'a run has its name in a tag too',
    call: 'POST runs/create',
    body: { experiment_id: '0', run_name: 'named' },
    answer: { run: { data: { tags: [{ key: 'mlflow.runName', value: 'named' }] } } },
  },
  {
    rule: 'two names are one too many',
    call: 'POST runs/create',
    body: { experiment_id: '0', run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'b' }] },
    status: 400,
    message:
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='a', mlflow.runName='b').",
  },
  {
    rule: 'the tags that a run is made with have any name',
    call: 'POST runs/create',
    body: { experiment_id: '0', tags: [{ key: 'a$(b)', value: 'x' }] },
  },
  {
    rule: 'a deleted experiment takes no run',
    call: 'POST runs/create',
    body: { experiment_id: '$deletedExperiment' },
    status: 400,
    message: "The experiment $deletedExperiment must be in the 'active' state. Current state is deleted.",
  },
  {
    rule: 'an experiment that is not there takes no run',
    call: 'POST runs/create',
    body: { experiment_id: '99999' },
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: 'No Experiment with id=99999 exists',
  },
  {
    rule: 'a status has a name',
    call: 'POST runs/update',
    body: { run_id: '$run', status: 'KILLED' },
    answer: { run_info: { status: 'KILLED' } },
  },
  {
    rule: 'a status has a number',
    call: 'POST runs/update',
    body: { run_id: '$run', status: 3 },
    answer: { run_info: { status: 'FINISHED' } },
  },
  {
    rule: 'a status has a number in text',
    call: 'POST runs/update',
    body: { run_id: '$run', status: '1' },
    answer: { run_info: { status: 'RUNNING' } },
  },
  {
    rule: 'a status that there is not is refused, not ignored',
    call: 'POST runs/update',
    body: { run_id: '$run', status: 'BOGUS', run_name: 'no' },
    status: 400,
    message: wrongType('"BOGUS"', 'status', 'str'),
  },
  {
    rule: 'what an update leaves out stays',
    call: 'POST runs/update',
    body: { run_id: '$run', end_time: '9' },
    answer: { run_info: { status: 'RUNNING', run_name: 'subject', end_time: 9 } },
  },
  {
    rule: 'setting the tag of the name renames the run',
    call: 'POST runs/set-tag',
    body: { run_id: '$run', key: 'mlflow.runName', value: 'renamed' },
  },
  {
    rule: 'the run has the name of the tag',
    call: 'GET runs/get',
    query: { run_id: '$run' },
    answer: { run: { info: { run_name: 'renamed' } } },
  },
  {
    rule: 'an empty name is no name',
    call: 'POST runs/update',
    body: { run_id: '$run', run_name: '' },
    answer: { run_info: { run_name: 'renamed' } },
  },
  {
    rule: 'the outputs of a run are said',
    call: 'POST runs/outputs',
    body: { run_id: '$run' },
    status: 400,
    message: missing('models'),
  },
  {
    rule: 'a model of old clients is JSON',
    call: 'POST runs/log-model',
    body: { run_id: '$run', model_json: 'x' },
    status: 400,
    message: 'Malformed model info. \n x \n is not a valid JSON.',
  },
  {
    rule: 'a model of old clients has its fields',
    call: 'POST runs/log-model',
    body: { run_id: '$run', model_json: '{"artifact_path": "a", "flavors": {}, "run_id": ""}' },
    status: 400,
    message: "Model json is missing mandatory fields: {'utc_time_created'}",
  },
];
