import { type Case, missing, wrongType } from './case.ts';

const name = (shown: string) =>
  `Invalid model name (${shown}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`;
const none = { status: 404, code: 'RESOURCE_DOES_NOT_EXIST', message: "Logged model with ID 'm-none' not found." };

export const loggedModels: readonly Case[] = [
  {
    rule: 'a model needs an experiment',
    call: 'POST logged-models',
    body: {},
    status: 400,
    message: missing('experiment_id'),
  },
  {
    rule: 'a model of an experiment that is not there is refused',
    call: 'POST logged-models',
    body: { experiment_id: '99999' },
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: 'No Experiment with id=99999 exists',
  },
  {
    rule: 'a deleted experiment takes no model',
    call: 'POST logged-models',
    body: { experiment_id: '$deletedExperiment' },
    status: 400,
    message: "The experiment $deletedExperiment must be in the 'active' state. Current state is deleted.",
  },
  {
    rule: 'a model is made with every field that clients read',
    call: 'POST logged-models',
    body: { experiment_id: '$experiment', name: 'new' },
    answer: {
      model: {
        info: {
          name: 'new',
          experiment_id: '$experiment',
          status: 'LOGGED_MODEL_PENDING',
          model_type: '',
          source_run_id: '',
        },
        data: {},
      },
    },
  },
  ...['a/b', 'a:b', 'a.b', 'a%b', 'a"b'].map(
    (given): Case => ({
      rule: `${given} is no name of a model`,
      call: 'POST logged-models',
      body: { experiment_id: '$experiment', name: given },
      status: 400,
      message: name(`'${given}'`),
    }),
  ),
  {
    rule: "nor is a'b",
    call: 'POST logged-models',
    body: { experiment_id: '$experiment', name: "a'b" },
    status: 400,
    message: name(`"a'b"`),
  },
  {
    rule: 'params of a model are a list',
    call: 'POST logged-models',
    body: { experiment_id: '$experiment', params: 'x' },
    status: 400,
    message: wrongType('"x"', 'params', 'str'),
  },
  {
    rule: 'a model is read',
    call: 'GET logged-models/$model',
    answer: {
      model: {
        info: { model_id: '$model', artifact_uri: 'mlflow-artifacts:/$experiment/models/$model/artifacts' },
        data: { params: [{ key: 'depth', value: '3' }] },
      },
    },
  },
  { rule: 'a model that is not there is not found', call: 'GET logged-models/m-none', ...none },
  {
    rule: 'a deleted model is not found',
    call: 'GET logged-models/$deletedModel',
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: "Logged model with ID '$deletedModel' not found.",
  },
  {
    rule: 'a deleted model is read by who asks for it',
    call: 'GET logged-models/$deletedModel',
    query: { allow_deleted: 'true' },
    answer: { model: { info: { model_id: '$deletedModel' } } },
  },
  { rule: 'a model is deleted twice', call: 'DELETE logged-models/$deletedModel', answer: {} },
  { rule: 'a model that is not there is not deleted', call: 'DELETE logged-models/m-none', ...none },
  {
    rule: 'a model is finished by the name of a status',
    call: 'PATCH logged-models/$model',
    body: { model_id: '$model', status: 'LOGGED_MODEL_UPLOAD_FAILED' },
    answer: { model: { info: { status: 'LOGGED_MODEL_UPLOAD_FAILED' } } },
  },
  {
    rule: 'a model is finished by the number of a status',
    call: 'PATCH logged-models/$model',
    body: { model_id: '$model', status: 2 },
    answer: { model: { info: { status: 'LOGGED_MODEL_READY' } } },
  },
  {
    rule: 'a model is finished with a status',
    call: 'PATCH logged-models/$model',
    body: { model_id: '$model' },
    status: 400,
    message: missing('status'),
  },
  {
    rule: 'a model takes tags, a long one whole',
    call: 'PATCH logged-models/$model/tags',
    body: { tags: [{ key: 'a b/c', value: 'v'.repeat(9_000) }] },
    answer: {},
  },
  {
    rule: 'a deleted model takes tags',
    call: 'PATCH logged-models/$deletedModel/tags',
    body: { tags: [{ key: 'a', value: '' }] },
    answer: {},
  },
  { rule: 'a tag is deleted by its name in the path', call: 'DELETE logged-models/$model/tags/a%20b%2Fc', answer: {} },
  {
    rule: 'a tag that is not there cannot be deleted',
    call: 'DELETE logged-models/$model/tags/zz',
    status: 404,
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: "No tag with key 'zz' found for model with ID '$model'.",
  },
  {
    rule: 'a model takes params',
    call: 'POST logged-models/$model/params',
    body: { params: [{ key: 'rate', value: '1' }] },
    answer: {},
  },
  {
    rule: 'the files of a model are below it',
    call: 'GET logged-models/$model/artifacts/directories',
    query: { artifact_directory_path: '../x' },
    status: 400,
    message: 'Invalid path',
  },
];
